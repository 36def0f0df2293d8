"""What runs inside a page, in a world of its own: waits until the page is complete and gives its content, in one
round trip."""

import dataclasses
import json
from typing import Any

from scrapers.source_files.model_browser import Ready

__all__ = ["WAIT_FUNCTION", "PageAnswer", "wait_expression"]

WAIT_FUNCTION = r"""
async function wait(spec) {
  const QUIET_MS = 300, UNLOADED_QUIET_MS = 1500, LONGEST_MS = 10000, STREAM_QUIET_MS = 2000, POLL_MS = 200;
  const now = () => performance.now();
  const end = now() + spec.ms;
  let changed = now(), parsed = 0, looked = 0, cost = 0, timer = 0, wake = POLL_MS;

  const few = (what, rule, found) => found < spec.count && `${what} "${rule}": ${found} of ${spec.count}`;
  const still = (ms) => {
    const left = spec.once ? 0 : ms - (now() - changed);
    if (left > 0) wake = Math.min(wake, left);
    return left <= 0;
  };
  const quiet = () => {
    if (document.readyState === "loading") return "the document is still coming";
    parsed = parsed || now();
    if (now() - parsed > LONGEST_MS) return "";
    const ms = document.readyState === "complete" ? QUIET_MS : UNLOADED_QUIET_MS;
    return still(ms) ? "" : "its elements still change";
  };
  const missing = () => {
    if (spec.quiet) return quiet();
    const lacks = [];
    if (spec.css) lacks.push(few("css", spec.css, document.querySelectorAll(spec.css).length));
    if (spec.xpath) lacks.push(few("xpath", spec.xpath, document.evaluate(
      spec.xpath, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null).snapshotLength));
    if (spec.gone && document.querySelector(spec.gone)) lacks.push(`"${spec.gone}" is still there`);
    if (spec.still && !still(spec.still)) lacks.push(`its elements have not been still for ${spec.still} ms`);
    if (document.readyState === "loading" && !still(STREAM_QUIET_MS)) lacks.push("the document is still coming");
    return lacks.filter(Boolean).join("; ");
  };

  const state = await new Promise((resolve) => {
    const finish = (found) => {
      observer.disconnect();
      clearTimeout(timer);
      document.removeEventListener("readystatechange", look);
      resolve(found);
    };
    const look = () => {
      clearTimeout(timer);
      timer = 0;
      const started = now();
      let lacks;
      wake = POLL_MS;
      try {
        lacks = missing();
      } catch (error) {
        return finish({bad: String(error)});
      }
      looked = now();
      cost = looked - started;
      if (!lacks) return finish({});
      if (spec.once || looked >= end) return finish({missing: lacks});
      timer = setTimeout(look, Math.max(1, Math.min(wake, end - looked)));
    };
    const observer = new MutationObserver((records) => {
      for (const record of records) {
        const nodes = record.type === "childList" ? [...record.addedNodes, ...record.removedNodes] : [];
        if (nodes.some((node) => node.nodeType === Node.ELEMENT_NODE)) {
          changed = now();
          break;
        }
      }
      const pause = 4 * cost - (now() - looked);
      if (pause <= 0) return look();
      clearTimeout(timer);
      timer = setTimeout(look, Math.min(pause, Math.max(1, end - now())));
    });
    observer.observe(document, {childList: true, subtree: true, attributes: true, characterData: true});
    document.addEventListener("readystatechange", look);
    look();
  });

  const content = () => {
    const type = document.contentType;
    const root = document.documentElement;
    if (!root) return "";
    if (type !== "text/html" && type !== "application/xhtml+xml") {
      const source = document.getElementById("webkit-xml-viewer-source-xml");
      if (source) return source.innerHTML;
      const shown = document.body && document.body.querySelector(":scope > pre");
      if (shown) return shown.textContent;
      if (!(root instanceof HTMLHtmlElement)) return new XMLSerializer().serializeToString(document);
    }
    const doctype = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : "";
    return doctype + serialized(root);
  };
  const serialized = (root) => {
    const all = root.getElementsByTagName("*");
    let hosts = false;
    for (let at = 0; at < all.length && !hosts; at++) hosts = all[at].shadowRoot !== null;
    return hosts ? withShadows(root).outerHTML : root.outerHTML;
  };
  const withShadows = (root) => {
    const copy = document.implementation.createHTMLDocument().importNode(root, true);
    const fill = (from, to) => {
      const originals = from.querySelectorAll("*"), copies = to.querySelectorAll("*");
      for (let at = 0; at < originals.length; at++) {
        const shadow = originals[at].shadowRoot;
        if (!shadow) continue;
        const holder = copy.ownerDocument.createElement("shadow-root");
        for (const child of shadow.childNodes) holder.append(copy.ownerDocument.importNode(child, true));
        fill(shadow, holder);
        copies[at].prepend(holder);
      }
    };
    fill(root, copy);
    return copy;
  };

  const from = performance.getEntriesByType("navigation")[0];
  const head = {
    ...state, url: location.href, type: document.contentType, size: 0,
    from: from ? from.name : "", status: from ? from.responseStatus : 0,
    media: document.querySelector("video, audio") !== null,
  };
  let html = "";
  if (!state.bad && !state.missing && spec.max) {
    try {
      html = content();
      head.size = html.length;
    } catch (error) {
      head.bad = String(error);
      head.size = error instanceof RangeError ? spec.max + 1 : 0;
    }
    if (head.size > spec.max) html = "";
  }
  return JSON.stringify(head) + "\n" + html;
}
"""
"""Conditions are looked at whenever the document changes (MutationObserver), but not more than a fifth of the time, and
every 200 ms. Timers, not animation frames: those do not come to a page that is not laid out.

Without conditions: loaded, and no element has come or gone for 300 ms; if it does not load (a picture or frame that
hangs), 1.5 s; and no longer than 10 s after it was parsed, whatever goes on (a clock, an advertisement).

Content: open shadow roots stand as a first child `shadow-root` of their host, for selectors do not look into
templates; frames' documents are not part of it. JSON, XML and plain text are given as their source, not as Chromium
shows them.
"""


@dataclasses.dataclass(slots=True)
class PageAnswer:
    """What the page said.

    Attributes:
      missing: what it waited for in vain; empty when it is ready.
      bad: why the conditions make no sense to the browser (a selector's syntax), or the content could not be made.
      type: the document's content type, as the browser took it.
      size: of the content in UTF-16 units; there is no content when that is too much.
      came_from: the URL that the document came from, whatever scripts have made of its address since.
      status: with which it came; 0 when it did not come over the network.
      media: whether it holds a video or sound.
    """

    url: str
    missing: str
    bad: str
    type: str
    size: int
    content: str
    came_from: str = ""
    status: int = 0
    media: bool = False

    @classmethod
    def parse(cls, text: str) -> "PageAnswer":
        head, _, content = text.partition("\n")
        said = json.loads(head)
        lacks = said.get("missing", ""), said.get("bad", "")
        origin = said["from"], said["status"], said["media"]
        return cls(said["url"], *lacks, said["type"], said["size"], content, *origin)


def wait_expression(ready: Ready | None, wait_secs: float, max_bytes: int, *, once: bool = False) -> str:
    """JavaScript that waits for `ready` (its `js` excepted) and then gives a text for `PageAnswer.parse`.

    Args:
      ready: None: until it is loaded and quiet.
      wait_secs: how long at most.
      max_bytes: of the content; 0: none is wanted.
      once: looks once and does not wait, for documents in which no timer runs.
    """
    spec: dict[str, Any] = {"ms": max(0, round(wait_secs * 1000)), "max": max_bytes, "count": 1, "once": once}
    if ready is None:
        spec["quiet"] = True
    else:
        spec |= {
            "css": ready.css, "xpath": ready.xpath, "count": ready.count, "gone": ready.gone, "still": ready.still_ms,
        }  # fmt: skip
    return f"({WAIT_FUNCTION})({json.dumps(spec)})"
