"""Ways in which a page makes a browser ask for something, each with an address of its own."""

import json
import re

__all__ = ["ADDRESSES", "HEADERS", "MAY_BE_TRIED", "PRIVATE", "SPELLINGS", "WAYS", "links", "ways_page"]

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


SPELLINGS = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0x7f000001", "017700000001", "0x7f.0.0.0x1",
    "0177.0.0.1", "127.0.0.1%2e", "%31%32%37.0.0.1", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "0", "0.0.0.0",
    "127.8.8.8", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "localhost", "LOCALHOST.", "a.localhost",
    "ｌｏｃａｌｈｏｓｔ", "loc%61lhost", "localhost.localdomain", "ip6-localhost", "rebound.example",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "192.0.2.1", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
    "metadata.google.internal", "metadata", "kubernetes.default.svc", "printer.local",
]  # fmt: skip


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
