// A list that keeps only what is seen: rows that left the screen are taken out of the document.
const list = document.querySelector(".shelves"), HEIGHT = 72, works = [];
let next = 0, busy = false;

function row(work, place) {
  const made = document.createElement("li");
  made.dataset.id = work.id;
  made.style.top = `${place * HEIGHT}px`;
  made.innerHTML = `<b></b> <span class="artist"></span> <i class="medium"></i> <time></time>`;
  made.querySelector("b").textContent = work.title;
  made.querySelector(".artist").textContent = work.artist;
  made.querySelector(".medium").textContent = work.medium;
  made.querySelector("time").textContent = work.year ?? "undated";
  return made;
}

function draw() {
  const first = Math.max(0, Math.floor((scrollY - list.offsetTop) / HEIGHT) - 2);
  const last = first + Math.ceil(innerHeight / HEIGHT) + 4;
  list.style.height = `${works.length * HEIGHT}px`;
  list.replaceChildren(...works.slice(first, last).map((work, i) => row(work, first + i)));
  if (last >= works.length) more();
}

async function more() {
  if (busy || next === null) return;
  busy = true;
  const answer = await (await fetch(`/api/works?offset=${next}`)).json();
  works.push(...answer.works);
  next = answer.next;
  busy = false;
  draw();
}

addEventListener("scroll", () => requestAnimationFrame(draw));
more();
