"""Block pages and login walls are told from pages that merely have a login form, a CAPTCHA or an odd title."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.page import Page
from schemas.request import Request
from scrapers.fetching.markers import Found, find_marker
from scrapers.source_files.model import Markers, Selector

URL = "http://shop.example/p/1"


def look(body: str | bytes, url: str = URL, markers: Markers | None = None) -> Found | None:
    octets = body.encode() if isinstance(body, str) else body
    page = Page(Request("shop", URL, "run"), 200, url, (), octets, 0.0)
    return find_marker(page, octets.decode("utf-8", "replace"), markers, lambda selector: selector.css == "#wall")


def html(title: str, body: str) -> str:
    return f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>"


WORDS = "A lamp of oak with a shade of linen, made by hand and checked twice before it leaves the workshop. " * 20
LINKS = "".join(f'<a href="/p/{number}">Lamp {number}</a>' for number in range(30))
LOGIN_FORM = '<form action="/session"><input name=user><input type="password" name=pw><button>Go</button></form>'

BLOCKED = {
    "Cloudflare challenge": html(
        "Just a moment...",
        "<noscript>Enable JavaScript and cookies to continue</noscript><script>window._cf_chl_opt={}</script>",
    ),
    "Cloudflare block": html("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
    "Cloudflare in German": html("Nur einen Moment…", "<script>(function(){window._cf_chl_opt = {};}())</script>"),
    "HUMAN": html(
        "Access to this page has been denied", '<div id="px-captcha"></div><p>Press &amp; Hold to confirm</p>'
    ),
    "HUMAN, other title": html("shop.example", '<div id="px-captcha"></div>'),
    "Walmart": html("Robot or human?", "<p>Activate and hold the button to confirm that you’re human. Thank You!</p>"),
    "DataDome": html(
        "shop.example", '<p id="cmsg">Please enable JS</p><script src="https://ct.captcha-delivery.com/c.js"></script>'
    ),
    "Akamai": html(
        "Access Denied",
        '<h1>Access Denied</h1>You don\'t have permission to access "http&#58;&#47;&#47;shop" on this server.<p>'
        "Reference&#32;&#35;18&#46;2d3&#46;16<p>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18",
    ),
    "Akamai challenge": '<html><meta http-equiv="refresh" content="5; URL=\'/p/1?bm-verify=AA\'" /></html>',
    "Imperva": '<html><head><META NAME="robots" CONTENT="noindex"></head><iframe id="main-iframe" '
    'src="/_Incapsula_Resource?CWUDNSAI=9" >Request unsuccessful. Incapsula incident ID: 1-2</iframe></html>',
    "Imperva interruption": html(
        "Pardon Our Interruption", "<p>As you were browsing something made us think you were a bot.</p>"
    ),
    "AWS WAF": html("", "<script>window.gokuProps = {}; window.awsWafCookieDomainList = [];</script>"),
    "F5": html("Request Rejected", "The requested URL was rejected. Please consult with your administrator."),
    "Google": html("http://shop.example/", "Our systems have detected unusual traffic from your computer network."),
    "Amazon": html(
        "Amazon.com", '<form action="/errors/validateCaptcha"><h4>Enter the characters you see below</h4></form>'
    ),
    "Sucuri": html("Sucuri WebSite Firewall - Access Denied", "<h1>Access Denied</h1>"),
    "Kasada": '<html><script>window.KPSDK={};</script><script src="/1/2/ips.js?x=1"></script></html>',
    "Vercel": html("Vercel Security Checkpoint", "<p>We're verifying your browser</p>"),
    "Anubis": html("Making sure you&#39;re not a bot!", "<p>Loading...</p>"),
    "SiteGround": '<html><meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F"></html>',
    "reCAPTCHA interstitial": html(
        "shop.example", 'Please verify that you are no robot <div class="g-recaptcha"></div>'
    ),
    "hCaptcha interstitial": html("One more step", 'Complete the security check <div class="h-captcha"></div>'),
    "Turnstile interstitial": html("Checking", 'Verifying you are human <div class="cf-turnstile"></div>'),
    "plain 403": html("403 Forbidden", "<h1>Forbidden</h1><p>You don't have permission to access this resource.</p>"),
    "rate limit": html("429 Too Many Requests", "<center><h1>429 Too Many Requests</h1></center><hr>nginx"),
    "Yandex": html("Вы не робот?", "Подтвердите, что запросы отправляли вы, а не робот"),
    "Baidu": html("百度安全验证", "网络不给力，请稍后重试"),
    "queue": html("Queue-it", "You are in line"),
    "upper case": "<HTML><HEAD><TITLE>ACCESS DENIED</TITLE></HEAD><BODY>NO</BODY></HTML>",
}

LOGIN = {
    "form and little else": html("shop.example", LOGIN_FORM),
    "title and form": html("Log in to Shop", LOGIN_FORM + "<p>Forgot your password?</p>"),
    "title at the end": html("Shop – Sign In", LOGIN_FORM),
    "e-mail first": html("Sign in - Shop Accounts", "<input type=email><button>Next</button>"),
    "Microsoft": html("Sign in to your account", "<div id=root></div>"),
    "Instagram": html("Login • Instagram", "<div></div>"),
    "German": html("Anmelden | Laden", LOGIN_FORM),
    "sign in to continue": html("Shop", "<h2>Sign in to continue</h2><a href=/login>Sign in</a>"),
    "must be logged in": html("Members", "<p>You must be logged in to view this page.</p>"),
}

GOOD = {
    "article": html("Just a moment: how lamps are made", WORDS),
    "article about blocks": html("Access Denied: a story", WORDS + "You have been blocked."),
    "article about CAPTCHAs": html("Are you a robot?", WORDS + '<div class="g-recaptcha"></div>'),
    "shop with a login form": html("Lamps", LINKS + LOGIN_FORM),
    "long page with a login form": html("Lamps", WORDS + LOGIN_FORM),
    "contact form": html("Contact", '<form><textarea></textarea><div class="g-recaptcha"></div>Send</form>'),
    "behind Imperva": html("Lamps", '<div id="root"></div><script src="/_Incapsula_Resource?SWJIYLWA=719"></script>'),
    "behind Cloudflare": html("Lamps", '<h1>Oak</h1><script src="/cdn-cgi/challenge-platform/jsd/main.js"></script>'),
    "behind HUMAN": html("Lamps", '<h1>Oak</h1><script>window._pxAppId="PX1"</script>'),
    "behind DataDome": html("Lamps", '<h1>Oak</h1><script src="https://js.datadome.co/tags.js"></script>'),
    "shell of an app": html("Shop", '<div id="root"></div><noscript>Please enable JavaScript.</noscript>'),
    "small product": html("Oak lamp", "<h1>Oak lamp</h1><p>12.00</p><a href=/login>Log in</a>"),
    "link to log in": html("Lamp", "<h1>Oak lamp</h1><p>Log in</p><p>Access</p>"),
    "a password-protected product": html("Safe", "<h1>Safe with password</h1><p>Robust, for every human.</p>"),
    "a novel": html("Login: a novel – Books", "<h1>Login: a novel</h1><p>9.99</p>"),
    "a product": html("Sign On Stand | Lamps", "<h1>Sign On Stand</h1><form><input name=count></form>"),
    "no title": "<ul><li>Oak<li>Elm</ul>",
    "JSON": '{"title": "Access denied", "text": "you have been blocked", "captcha": "px-captcha"}',
    "text": "you have been blocked",
    "nothing": "",
}


@pytest.mark.parametrize("name", BLOCKED)
def test_block_pages_are_recognised(name: str) -> None:
    found = look(BLOCKED[name])
    assert found is not None
    assert found.kind == "blocked"


@pytest.mark.parametrize("name", LOGIN)
def test_login_walls_are_recognised(name: str) -> None:
    found = look(LOGIN[name])
    assert found is not None
    assert found.kind == "login_required"


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_pages_are_left_alone(name: str) -> None:
    assert look(GOOD[name]) is None


def test_the_marker_says_what_gave_the_page_away() -> None:
    assert look(BLOCKED["Cloudflare challenge"]) == ("blocked", "Cloudflare: title 'just a moment'")
    assert look(BLOCKED["DataDome"]) == ("blocked", "'captcha-delivery.com'")


@pytest.mark.parametrize(
    "path",
    ["/login", "/users/sign_in?next=%2Fp%2F1", "/accounts/login/", "/authwall", "/wp-login.php", "/de/Login.aspx"],
)
def test_a_redirect_to_a_login_page_is_one(path: str) -> None:
    found = look(html("Shop", WORDS), url=f"http://shop.example{path}")
    assert found is not None
    assert found.kind == "login_required"


@pytest.mark.parametrize("path", ["/p/1/", "/login-lamps/oak", "/blog/login-problems", "/catalog?next=/login"])
def test_a_redirect_elsewhere_is_none(path: str) -> None:
    assert look(html("Shop", WORDS), url=f"http://shop.example{path}") is None


def test_a_login_page_that_was_asked_for_was_no_redirect() -> None:
    page = Page(Request("shop", "http://a.example/login", "run"), 200, "http://a.example/login/", (), b"", 0.0)
    assert find_marker(page, html("Shop", WORDS)) is None


def test_a_source_has_markers_of_its_own() -> None:
    own = Markers(blocked=["Come back LATER"], login=[Selector(css="#wall"), "members only"])
    assert look(html("Shop", "Please come back later"), markers=own) == ("blocked", "Come back LATER")
    assert look(html("Shop", WORDS), markers=own) == ("login_required", "css: #wall")
    assert look(BLOCKED["F5"], markers=Markers(blocked=["nothing of this"])) is not None


def test_the_built_in_markers_can_be_switched_off() -> None:
    assert look(BLOCKED["F5"], markers=Markers(none=True)) is None
    assert look(BLOCKED["F5"], markers=Markers(none=True, blocked=["was rejected"])) == ("blocked", "was rejected")


def test_a_page_whose_body_is_gone_is_judged_by_its_text() -> None:
    page = Page(Request("shop", URL, "run"), 200, URL, (), b"", 0.0)
    assert find_marker(page, BLOCKED["F5"]) is not None


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_can_be_judged(body: bytes) -> None:
    look(body)
    look(b"<title>access denied</title><script" + body)


@pytest.mark.parametrize("part", ["<script", "<!--", "<", "<title", "type ", "<title>access denied</title>"])
def test_a_page_made_to_be_slow_is_not(part: str) -> None:
    body = f"<title>access denied</title>{part * (200_000 // len(part))}"
    started = time.process_time()
    look(body)
    assert time.process_time() - started < 10  # milliseconds; quadratic: minutes
