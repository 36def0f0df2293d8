// A product whose price shows on a click. Greets everybody with a dialog and a pop-up, as a page should not.
const app = document.querySelector("#app"), {sku} = app.dataset;

open("/app/newsletter", "newsletter", "width=300,height=200");
alert("Subscribe to our newsletter!");
setTimeout(() => {
  app.innerHTML = `<article class="product" data-sku="${sku}"><h1>A lamp</h1><i class="stock">3</i>
    ${"sold" in app.dataset ? "<p>Sold</p>" : '<button class="show-price">Show the price</button>'}</article>`;
  app.querySelector(".show-price")?.addEventListener("click", click => {
    setTimeout(() => click.target.replaceWith(Object.assign(document.createElement("b"),
      {className: "price", textContent: "12.50"})), 30);
  });
}, 30);
