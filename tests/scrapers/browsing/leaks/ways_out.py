"""Ways in which a page makes a browser ask for something, each with an address of its own."""

import json
import re

__all__ = ["ADDRESSES", "HEADERS", "MAY_BE_TRIED", "WAYS", "links", "ways_page"]

# `@` is where a way leads: `@` a URL, `@ws` and `@https` one of that scheme.
HTML = {
    "img": '<img src="@">',
    "srcset": '<picture><source srcset="@"><img></picture>',
    "svg image": '<svg><image href="@"/></svg>',
    "svg use": '<svg><use href="@#a"/></svg>',
    "icon": '<link rel=icon href="@">',
    "manifest": '<link rel=manifest href="@">',
    "style sheet": '<link rel=stylesheet href="@">',
    "style import": "<style>@import url(@);</style>",
    "background": '<div style="background:url(@);width:9px;height:9px"></div>',
    "font": "<style>@font-face{font-family:F;src:url(@)} p{font-family:F}</style><p>f</p>",
    "script": '<script src="@"></script>',
    "module": '<script type=module src="@"></script>',
    "preload": '<link rel=preload as=script href="@">',
    "module preload": '<link rel=modulepreload href="@">',
    "prefetch": '<link rel=prefetch href="@">',
    "preconnect": '<link rel=preconnect href="@https">',
    "prerender": '<link rel=prerender href="@">',
    "speculation rules": '<script type=speculationrules>{"prefetch":[{"source":"list","urls":["@"],'
    '"eagerness":"immediate"}],"prerender":[{"source":"list","urls":["@"],"eagerness":"immediate"}]}</script>',
    "iframe": '<iframe src="@"></iframe>',
    "iframe in a sandbox": '<iframe sandbox src="@"></iframe>',
    "iframe that is redirected": '<iframe src="/redirect?@"></iframe>',
    "iframe of a data: document": "<iframe src='data:text/html,<img src=@>'></iframe>",
    "iframe of a srcdoc": "<iframe srcdoc='<img src=@>'></iframe>",
    "iframe that refreshes itself": "<iframe srcdoc='<meta http-equiv=refresh content=0;url=@>'></iframe>",
    "iframe of a script": '<iframe src="javascript:void fetch(&quot;@&quot;)"></iframe>',
    "object": '<object data="@"></object>',
    "embed": '<embed src="@">',
    "video": '<video src="@" preload=auto></video>',
    "poster": '<video poster="@"></video>',
    "track": '<video><track default kind=captions src="@"></video>',
    "audio": '<audio src="@" preload=auto></audio>',
    "form post": '<form id=f method=post target=f1 action="@"><input name=a value=b></form><iframe name=f1></iframe>'
    "<script>f.submit()</script>",
    "ping": '<a id=p href="/blank" target=f2 ping="@">p</a><iframe name=f2></iframe><script>p.click()</script>',
}
SCRIPTS = {
    "fetch": "fetch('@',{mode:'no-cors'})",
    "fetch with CORS": "fetch('@')",
    "fetch with a preflight": "fetch('@',{method:'PUT',headers:{x:'y'}})",
    "fetch that is redirected": "fetch('/redirect?@',{mode:'no-cors'})",
    "fetch that is kept alive": "fetch('@',{mode:'no-cors',keepalive:true})",
    "fetch later": "fetchLater('@',{activateAfter:0})",
    "fetch of https": "fetch('@https',{mode:'no-cors'})",
    "XMLHttpRequest": "(x=new XMLHttpRequest(),x.open('GET','@'),x.send())",
    "beacon": "navigator.sendBeacon('@','x')",
    "EventSource": "new EventSource('@')",
    "WebSocket": "new WebSocket('@ws')",
    "WebSocket over TLS": "new WebSocket('@wss')",
    "WebTransport": "new WebTransport('@https').closed",
    "import()": "import('@')",
    "worklet": "CSS.paintWorklet.addModule('@')",
    "image of a script": "(i=new Image(),i.src='@')",
    "window.open": "window.open('@')",
    "window.open without opener": "window.open('@','','noopener')",
    "notification": "new Notification('x',{icon:'@'})",
    "identity provider": "navigator.credentials.get({identity:{providers:[{configURL:'@https',clientId:'1'}]}})",
    "worker of a blob": "new Worker(URL.createObjectURL(new Blob([`fetch('@',{mode:'no-cors'})`])))",
}
IN_WORKERS = {
    "fetch of {}": "fetch('@',{mode:'no-cors'})",
    "import of {}": "importScripts('@')",
    "WebSocket of {}": "new WebSocket('@ws')",
}
WORKERS = {
    "a worker": "new Worker(#)",
    "a shared worker": "new SharedWorker(#)",
    "a service worker": "navigator.serviceWorker.register(#,{scope:'/scope'+Math.random()})",
}
for _worker, _start in WORKERS.items():
    for _what, _script in IN_WORKERS.items():
        _url = f"'/worker.js?'+encodeURIComponent(`{_script}`)"
        SCRIPTS[_what.format(_worker)] = _start.replace("#", _url)
HEADERS = {
    "Link header": "Link: <@>; rel=preload; as=script",
    "CSP report": "Content-Security-Policy-Report-Only: img-src 'none'; report-uri @",
    "reporting": "Reporting-Endpoints: default=\"@https\"\r\nContent-Security-Policy-Report-Only: img-src 'none'; "
    "report-to default",
}
WAYS = [*HTML, *SCRIPTS, *HEADERS]
MAY_BE_TRIED = {  # not by a headless shell, not by every version, not at once, or only over UDP
    "icon", "manifest", "svg use", "track", "prerender", "speculation rules", "fetch later", "WebTransport",
    "notification", "identity provider", "reporting", "worklet", "preconnect",
}  # fmt: skip
ADDRESSES = {way: f"127.0.1.{number}" for number, way in enumerate(WAYS, 1)}


def links(text: str, way: str, port: int, scheme: str = "http") -> str:
    """A way's text with its URLs put in."""
    sockets = {"ws": "ws" if scheme == "http" else "wss", "": scheme}

    def url(mark: re.Match[str]) -> str:
        named = mark[1] or ""
        return f"{sockets.get(named, named)}://{ADDRESSES[way]}:{port}/"

    return re.sub("@(wss|ws|https)?(?!import|font)", url, text)


def ways_page(port: int, scheme: str) -> str:
    """A page that tries all of them; a script that fails ends no other."""
    markup = [links(text, way, port, scheme) for way, text in HTML.items()]
    scripts = [json.dumps(links(text, way, port, scheme)) for way, text in SCRIPTS.items()]
    tries = "".join(
        f"<script>try{{Promise.resolve(eval({text})).catch(e=>0)}}catch(e){{}}</script>" for text in scripts
    )
    return f"<!doctype html><title>ways</title>{''.join(markup)}{tries}"
