// Fills the shell of a record's page with what the API says of it.
const app = document.querySelector("#app");

fetch(app.dataset.api).then(answer => answer.json()).then(record => {
  app.innerHTML = `<h1></h1><p class="price"></p><p class="grade"></p><ol class="tracks"></ol>`;
  app.querySelector("h1").textContent = record.title;
  app.querySelector(".price").textContent = `${record.price} EUR`;
  app.querySelector(".grade").textContent = record.grade;
  for (const track of record.tracks) {
    app.querySelector(".tracks").append(Object.assign(document.createElement("li"), {textContent: track}));
  }
});
