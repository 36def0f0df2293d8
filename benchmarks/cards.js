// Fills a listing's shell with its cards, all at once, when the API has answered.
(function () {
  const app = document.getElementById('app');
  function el(tag, name, text, attributes) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text != null) made.textContent = text;
    for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
    return made;
  }
  function card(item, place, page) {
    const made = el('article', 'card', null, {'data-sku': item.sku});
    const media = el('div', 'media'), title = el('h2', 'title'), price = el('p', 'price', null,
      {'data-currency': item.currency}), stars = el('div', 'stars', null, {'data-rating': item.rating});
    const image = {src: `/img/${page}-${place}.png`, width: 96, height: 96, alt: ''};
    media.append(place < 10 ? el('img', 'pic', null, image) : el('div', 'pic none'));
    title.append(el('a', '', item.title, {href: item.url}));
    price.append(el('span', 'amount', item.price.toFixed(2)));
    stars.append(el('span', 'sr', item.rating + ' out of 5'));
    const actions = el('div', 'actions');
    actions.append(el('button', '', 'Add to cart'), el('button', '', 'Compare'));
    made.append(media, title, price, stars, el('span', 'reviews', item.reviews + ' reviews'),
      el('span', 'stock ' + (item.in_stock ? 'yes' : 'no'), item.in_stock ? 'In stock' : 'Sold out'),
      el('p', 'blurb', item.blurb), actions);
    return made;
  }
  fetch(app.dataset.api).then(answer => answer.json()).then(
    ({page, items}) => app.append(...items.map((item, place) => card(item, place, page))));
})();
