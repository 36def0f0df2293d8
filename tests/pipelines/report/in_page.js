// Questions about the page, each answered by a list of what is wrong; run inside it.
function openAll() {
  for (const details of document.querySelectorAll("details")) details.open = true;
}
function all(selector) {
  return [...document.querySelectorAll(selector)];
}
function name(element) {
  return element.outerHTML.slice(0, 160);
}
function seen(element) {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && element.checkVisibility();
}
function rgb(colour) {
  const parts = colour.match(/[\d.]+/g).map(Number);
  return parts.length > 3 && parts[3] === 0 ? null : parts.slice(0, 3);
}
function luminance(colour) {
  const [r, g, b] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = rgb(getComputedStyle(at).backgroundColor);
    if (colour) return colour;
  }
  return [255, 255, 255];
}
function faintTexts() {
  return all("body *").filter((element) => {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says || !seen(element) || ["STYLE", "SCRIPT"].includes(element.tagName)) return false;
    const style = getComputedStyle(element);
    const colour = rgb(element.closest("svg") ? style.fill : style.color);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    return contrast(colour, behind(element)) < (large ? 3 : 4.5);
  }).map((element) => getComputedStyle(element).color + " on " + behind(element) + " " + name(element));
}
function faintMarks() {
  return all("svg rect[fill], svg path[fill], svg path[stroke]").filter((mark) => {
    const fill = mark.getAttribute("fill"), stroke = mark.getAttribute("stroke");
    const named = fill && fill !== "none" && fill !== "transparent" ? fill : stroke;
    if (!named || ["none", "transparent", "var(--line)", "var(--surface)"].includes(named) || !seen(mark)) return false;
    const style = getComputedStyle(mark);
    return contrast(rgb(named === fill ? style.fill : style.stroke), behind(mark)) < 3;
  }).map(name);
}
function tooWide() {
  const width = document.documentElement.clientWidth;
  const wrong = document.documentElement.scrollWidth > width ? ["the page scrolls sideways"] : [];
  const out = all("main *, header *, footer *").filter((element) => {
    if (!seen(element) || element.closest(".scroll, pre, .unseen")) return false;
    const box = element.getBoundingClientRect();
    return box.right > width + 1 || box.left < -1;
  });
  return wrong.concat(out.map(name));
}
function headings() {
  return all("h1, h2, h3, h4, h5, h6").map((heading) => Number(heading.tagName[1]));
}
function landmarks() {
  return all("body > header, nav, main, body > footer").map((element) => element.tagName);
}
function unnamedRegions() {
  return all("section, article, nav, [role=group]").filter((element) => {
    const label = element.getAttribute("aria-label");
    const by = element.getAttribute("aria-labelledby");
    const half = element.classList.contains("half"); // a section without a name is no landmark: only grouped
    return !half && !label && !(by && document.getElementById(by));
  }).map(name);
}
function unnamedPictures() {
  const pictures = all("img").filter((image) => !image.alt);
  const drawings = all("svg").filter((drawing) => {
    const hidden = drawing.getAttribute("aria-hidden") === "true";
    return !hidden && !(drawing.getAttribute("role") === "img" && drawing.getAttribute("aria-label"));
  });
  return pictures.concat(drawings).map(name);
}
function tablesWithoutHeads() {
  return all("table").filter((table) => {
    const heads = [...table.querySelectorAll("th")];
    return !table.caption || !heads.length || heads.some((head) => !head.scope || !head.textContent.trim());
  }).map(name);
}
function doubledIds() {
  const ids = all("[id]").map((element) => element.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}
function deadAnchors() {
  return all("a[href^='#']").filter((link) => !document.getElementById(link.hash.slice(1))).map(name);
}
function brokenImages() {
  return [...document.images].filter((image) => !image.complete || !image.naturalWidth).map(name);
}
