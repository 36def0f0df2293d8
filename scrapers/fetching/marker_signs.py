"""What gives block pages, CAPTCHAs and login walls away: titles, and phrases of pages that say little else.

Titles are matched in full (without case, final dots and exclamation marks), because articles may well begin like them.
All texts are in lower case.
"""

import re

__all__ = [
    "BLOCKED_PHRASES", "BLOCKED_TITLES", "LOGIN_PATHS", "LOGIN_PHRASES", "LOGIN_TITLES", "WIDGETS", "WIDGET_PHRASES",
]  # fmt: skip

BLOCKED_TITLES = {
    name: re.compile(pattern)
    for name, pattern in {
        "Cloudflare": r"just a moment|attention required! \| cloudflare|please wait\.\.\. \| cloudflare|"
        r"access denied \| .* used cloudflare to restrict access|.* \| cloudflare ray id: .*|un moment|einen moment|"
        r"un momento|nur einen moment|um momento|een ogenblik geduld|один момент|请稍候",
        "HUMAN": r"access to this page has been denied|robot or human\??|human verification( \w+)?",
        "Imperva": r"pardon our interruption|pardon the interruption",
        "Akamai": r"access denied|challenge validation",
        "F5": r"request rejected",
        "DataDome": r"you have been blocked|.*\bdatadome captcha|datadome device check",
        "Sucuri": r"sucuri website firewall.*|you are being redirected",
        "Radware": r"radware (captcha|block|bot manager).*|shieldsquare (captcha|block).*",
        "Vercel": r"vercel security checkpoint",
        "Anubis": r"making sure you're not a bot|making sure you.re not a bot",
        "DDoS-Guard": r"ddos-guard|ddos protection by .*",
        "Fastly": r"client challenge",
        "Imunify360": r"one moment, please|bot verification",
        "SiteGround": r"robot challenge screen",
        "Amazon": r"robot check|bot check",
        "Yandex": r"вы не робот\??|ой|ой, капча|are you not a robot\??",
        "Baidu": r"百度安全验证|安全验证|访问验证",
        "Queue-it": r"queue-it|waiting room( \|.*| powered by .*)?|you are now in line|.* - queue-it",
        "block page": r"blocked|access blocked|you are blocked|your access (has been|is) (blocked|denied|restricted)|"
        r"access (is )?(forbidden|restricted)|403 forbidden|forbidden|error 403.*|403 - forbidden.*|403|"
        r"too many requests|429 too many requests|error 429.*|rate limited|unusual traffic|suspicious activity.*|"
        r"your request has been blocked.*|the request is blocked|web page blocked|website blocked|security violation|"
        r"bot detected|bot detection|access denied\b.{0,60}|.{0,40} - access denied|.{0,60}\| access denied",
        "CAPTCHA": r"captcha|(.{0,40}\W)?(re)?captcha (challenge|verification|check|required|page|form)|"
        r"(please )?(verify|confirm|prove) (that )?(you are|you're|you’re|you are a) (a )?(human|not a (ro)?bot)|"
        r"(.{0,40}\W)?are you (a|an) (human|(ro)?bot)( or .*)?\??|"
        r"(bot|security|human|browser) (check|verification|challenge)|"
        r"checking your browser.*|verifying (you are human|your browser|connection|your connection).*|"
        r"security (check|checkpoint|challenge|measure|verification)( \|.*| - .*)?|ddos protection|i'm not a robot|"
        r"sicherheitsüberprüfung|vérification de sécurité|are you a human\??",
    }.items()
}
"""Vendor (or kind) -> the whole title."""

BLOCKED_PHRASES: dict[str, dict[str, str]] = {
    "_cf_chl_opt": {"_cf_chl_opt": "Cloudflare"},
    "cf-": {"cf-browser-verification": "Cloudflare", "cf-error-details": "Cloudflare"},
    "to continue": {"enable javascript and cookies to continue": "Cloudflare"},
    "secure": {"checking if the site connection is secure": "Cloudflare"},
    "captcha": {
        "px-captcha": "HUMAN",
        "captcha.px-cdn.net": "HUMAN",
        "captcha-delivery.com": "DataDome",
        "distil_r_captcha": "Distil",
        "/.well-known/sgcaptcha": "SiteGround",
        "/errors/validatecaptcha": "Amazon",
    },
    "hold to confirm": {"press &amp; hold to confirm": "HUMAN", "press & hold to confirm": "HUMAN"},
    "incapsula": {"incapsula incident id": "Imperva", 'id="main-iframe" src="/_incapsula_resource': "Imperva"},
    "onprotectioninitialized": {"onprotectioninitialized": "Imperva"},
    "gokuprops": {"gokuprops": "AWS WAF"},
    "awswafcookiedomainlist": {"awswafcookiedomainlist": "AWS WAF"},
    "errors.edgesuite.net": {"errors.edgesuite.net": "Akamai"},
    "bm-verify=": {"bm-verify=": "Akamai"},
    "sec-if-cpt": {"sec-if-cpt-container": "Akamai"},
    "rejected": {"the requested url was rejected": "F5"},
    "sucuri_cloudproxy": {"sucuri_cloudproxy": "Sucuri"},
    "/ips.js": {"/ips.js?": "Kasada"},
    "/_guard/": {"/_guard/auto.js": "edge guard"},
    "traffic": {"unusual traffic": "unusual traffic"},
    "datenverkehr": {"ungewöhnlichen datenverkehr": "unusual traffic"},
    "automated access": {"automated access to": "automated access"},
    "robot": {"not a robot": "CAPTCHA"},
    "human": {"you are a human": "CAPTCHA", "you are human": "CAPTCHA", "you're human": "CAPTCHA"},
    "been blocked": {
        "you have been blocked": "block page",
        "you've been blocked": "block page",
        "you’ve been blocked": "block page",
        "been blocked by network security": "block page",
        "your ip address has been blocked": "block page",
    },
    "limited": {"your access to this site has been limited": "block page"},
    "denied": {"access to this page has been denied": "block page"},
    "permission": {
        "you don't have permission to access": "block page",
        "you don&#39;t have permission to access": "block page",
        "you do not have permission to access": "block page",
    },
}
"""A word to look for first -> phrases of the page's source -> vendor. They count where visible text is short."""

WIDGETS = {
    "captcha": (
        "g-recaptcha",
        "recaptcha/api",
        "h-captcha",
        "hcaptcha.com",
        "smart-captcha",
        "friendlycaptcha",
        "funcaptcha",
    ),
    "cf-": ("cf-turnstile",),
    "challenges.": ("challenges.cloudflare.com",),
    "arkose": ("arkoselabs",),
    "geetest": ("geetest",),
}
"""A CAPTCHA's widget stands in many an ordinary form; it is the page when little is said but `WIDGET_PHRASES`."""

WIDGET_PHRASES = re.compile(
    r"robot|\bbots?\b|human|verif|captcha|security check|unusual|suspicious|automated", re.IGNORECASE
)

_LOGIN_WORDS = (
    r"(please )?(log|sign) ?-?(in|on)|login|signin|authentication required|anmelden|anmeldung|einloggen|connexion|"
    r"se connecter|iniciar sesión|acceder|accedi|inloggen|logga in|zaloguj się|entrar|войти|вход|ログイン|登录"
)
LOGIN_TITLES = re.compile(
    rf"({_LOGIN_WORDS})( to (your|my|continue|access)\b.*)?( ?[|•·«»–—-] ?.*)?|.{{1,60}} ?[|•·:–—-] ({_LOGIN_WORDS})"
)
"""Nothing but the words and the site's name: a lamp or a novel may be called `Login` too."""

LOGIN_PHRASES = {
    "log in": ("log in to continue", "log in to view", "log in to see", "log in to access", "log in to read",
               "please log in", "you must log in", "you need to log in", "you have to log in"),
    "login": ("login to continue", "login to view", "login to see", "login to access", "please login", "login required",
              "login is required"),
    "sign in": ("sign in to continue", "sign in to view", "sign in to see", "sign in to access", "sign in to read",
                "please sign in", "you must sign in", "you need to sign in"),
    "logged in": ("must be logged in", "need to be logged in", "have to be logged in", "are not logged in"),
    "signed in": ("must be signed in", "need to be signed in", "are not signed in"),
    "authentication": ("authentication required", "authentication is required"),
    "bitte": ("bitte melden sie sich an", "bitte loggen sie sich ein"),
    "veuillez": ("veuillez vous connecter",),
}  # fmt: skip

LOGIN_PATHS = re.compile(
    r"/(users?/|account/|accounts/|auth/|customer/account/|my-?account/|session/|sessions/|member/|members/)?"
    r"(log-?in|sign-?in|log_in|sign_in|signon|logon|authwall|wp-login\.php|login\.(php|aspx?|html?|jsp|do)|"
    r"servicelogin|oauth2?/authorize|saml2?/sso|sso/login|uas/login)(/|$|[?;])",
    re.IGNORECASE,
)
"""Paths that only a login page has; counts where a redirect led there."""
