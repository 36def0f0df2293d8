"""What scrolling does inside the page."""

__all__ = ["SCROLLER"]

# A scroller: a round goes to where the end was at its `begin`, by `walk`; `rest` waits for something new.
# Views overlap, and each is shown for two frames, so that what loads by visibility has been visible. Many pages load
# more when the end of the list is seen, and have a tall footer under it: so rounds begin at the last item, and a rest
# goes back to it once.
# Items are told apart by an attribute, else by their HTML; one element that stays where it is and changes is one item.
# Collected items are copied into a document of their own, where nothing loads or runs. To put them back, the element
# that holds the list is exchanged for a copy: the page's scripts keep the real one, and do not notice; what would make
# them draw again (timers, scrolling) is stopped, for some look their elements up anew.
SCROLLER = """({items, within, each, key}) => {
  const POLL_MS = 40, OVERLAP = 0.85;
  const sleep = ms => new Promise(done => setTimeout(done, ms));
  const frame = () => new Promise(done => {
    const late = setTimeout(done, 250);
    requestAnimationFrame(() => { clearTimeout(late); done(); });
  });
  const frames = async () => { await frame(); await frame(); };
  const page = () => document.scrollingElement || document.documentElement;
  const view = el => el === page() ? innerHeight : el.clientHeight;
  const room = el => el.scrollHeight - view(el);

  let known = null, goal = 0;
  const area = () => {
    if (within) return document.querySelector(within);
    if (known && known.isConnected && room(known) > 1) return known;
    known = page();
    if (room(known) > 1) return known;
    let surface = 0;
    for (const el of document.body ? document.body.querySelectorAll("*") : []) {
      const size = el.clientWidth * el.clientHeight;
      if (size <= surface || el.scrollHeight <= el.clientHeight + 1) continue;
      if (/auto|scroll|overlay/.test(getComputedStyle(el).overflowY)) { known = el; surface = size; }
    }
    return known;
  };
  const move = (el, top) => el.scrollTo({top, behavior: "instant"});

  const inert = document.implementation.createHTMLDocument("");
  const kept = new Map(), placed = new WeakMap();
  let shared = null;
  const name = el => {
    const own = key ? el.getAttribute(key) : null;
    if (own !== null) return "=" + own;
    return el.outerHTML.replace(/ style="[^"]*"/g, "");
  };
  const collect = () => {
    if (!each) return;
    const el = area(), top = el ? el.scrollTop : 0, doubles = new Map();
    for (const item of document.querySelectorAll(items)) {
      const box = item.getBoundingClientRect(), at = Math.round(box.top + top) + "," + Math.round(box.left);
      const text = name(item), number = text.startsWith("=") ? 0 : doubles.get(text) || 0;
      doubles.set(text, number + 1);
      const last = placed.get(item);
      if (last && last.text === text && last.number === number) { last.at = at; continue; }
      let id = number ? text + "#" + number : text;
      if (last && last.at === at && !kept.has(id) && !text.startsWith("=")) id = last.id;
      placed.set(item, {text, number, at, id});
      if (kept.has(id) && !(last && last.id === id)) continue;
      const above = [];
      for (let up = item.parentElement; up; up = up.parentElement) above.push(up);
      shared = shared ? shared.filter(up => above.includes(up)) : above;
      kept.set(id, {copy: inert.importNode(item, true), above});
    }
  };

  const size = () => ({
    count: each ? kept.size : items ? document.querySelectorAll(items).length : 0,
    height: (area() || page()).scrollHeight,
    elements: document.getElementsByTagName("*").length,
  });
  const most = size();
  const grown = () => {
    collect();
    const now = size();
    const more = items ? now.count > most.count : now.height > most.height || now.elements > most.elements;
    for (const what in most) most[what] = Math.max(most[what], now[what]);
    return more;
  };
  const state = (more, fresh) => ({more: more || fresh, fresh, count: most.count});
  const lastItem = () => items ? [...document.querySelectorAll(items)].pop() : null;

  const quieten = () => {
    for (const event of ["scroll", "resize", "scrollend"])
      addEventListener(event, happened => happened.stopImmediatePropagation(), true);
    for (let timer = setTimeout(() => {}); timer > 0; timer--) clearTimeout(timer);
    for (let next = requestAnimationFrame(() => {}); next > 0; next--) cancelAnimationFrame(next);
  };

  return {
    async begin(first) {
      const more = grown(), el = area(), last = first ? null : lastItem();
      if (!el) return {missing: true};
      if (last && last.getBoundingClientRect().bottom < 0) last.scrollIntoView({block: "center", behavior: "instant"});
      goal = room(el);
      return state(more, false);
    },
    async walk(views, ms) {
      const until = performance.now() + ms, el = area();
      if (!el) return {missing: true};
      let more = grown(), fresh = false;
      while (views-- > 0 && el.scrollTop < goal - 2 && performance.now() < until) {
        const before = el.scrollTop;
        move(el, Math.min(goal, before + Math.max(1, view(el) * OVERLAP)));
        await frames();
        fresh = grown();
        more = more || fresh;
        if (el.scrollTop <= before) goal = before;
      }
      return {...state(more, fresh), end: el.scrollTop >= goal - 2};
    },
    async rest(ms, nudge) {
      const begun = performance.now(), passed = () => performance.now() - begun, el = area();
      let more = grown();
      while (!more && passed() < ms) {
        await sleep(POLL_MS);
        more = grown();
        if (more || !nudge || !el || passed() < ms / 2) continue;
        nudge = false;
        const there = el.scrollTop, last = lastItem();
        move(el, there - view(el));
        await frames();
        if (last) last.scrollIntoView({block: "center", behavior: "instant"});
        await frames();
        move(el, there);
        await frames();
      }
      while (more && each && passed() < ms) {
        await sleep(POLL_MS);
        if (!grown()) break;
      }
      return state(more, more);
    },
    finish() {
      collect();
      const list = shared && shared.find(up => up.isConnected && up.parentNode);
      if (!list || list === document.documentElement) return kept.size ? -1 : 0;
      const copy = list.cloneNode(false);
      const put = () => {
        for (const {copy: item, above} of kept.values()) {
          let branch = item;
          for (const up of above.slice(0, above.indexOf(list))) {
            const shell = inert.importNode(up, false);
            shell.append(branch);
            branch = shell;
          }
          copy.append(branch);
        }
      };
      const shown = new Set(document.querySelectorAll(items));
      let done = false;
      for (const child of list.childNodes) {
        const holds = child.nodeType === 1 && [...shown].some(item => child.contains(item));
        if (holds && !done) { put(); done = true; }
        if (!holds) copy.append(inert.importNode(child, true));
      }
      if (!done) put();
      quieten();
      list.replaceWith(copy);
      return kept.size;
    },
  };
}"""
