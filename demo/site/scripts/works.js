// A list that grows: the next works are asked for whenever its end comes into sight.
const list = document.querySelector(".works"), end = document.querySelector(".end");
let next = 0, busy = false;

function card(work) {
  const made = document.createElement("article");
  made.className = "work";
  made.dataset.id = work.id;
  made.innerHTML = `<h2></h2><p class="artist"></p><p class="medium"></p><time></time>`;
  made.querySelector("h2").textContent = work.title;
  made.querySelector(".artist").textContent = work.artist;
  made.querySelector(".medium").textContent = work.medium;
  made.querySelector("time").textContent = work.year ?? "undated";
  return made;
}

async function more() {
  if (busy || next === null) return;
  busy = true;
  // Grey cards stand where the next ones will be, as on many sites: they are no works.
  for (let i = 0; i < 4; i++) list.insertAdjacentHTML("beforeend", '<article class="work skeleton"></article>');
  const answer = await (await fetch(`/api/works?offset=${next}`)).json();
  for (const grey of list.querySelectorAll(".skeleton")) grey.remove();
  list.append(...answer.works.map(card));
  next = answer.next;
  busy = false;
  if (next === null) {
    end.textContent = "That is all.";
  } else {
    seeing.unobserve(end);  // it may still be in sight, and would not be reported again
    seeing.observe(end);
  }
}

const seeing = new IntersectionObserver(seen => { if (seen.some(one => one.isIntersecting)) more(); });
seeing.observe(end);
