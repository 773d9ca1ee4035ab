//! German. The address is formal, and gender is left open.

use super::texts::Texts;

pub(super) const TEXTS: Texts = Texts {
    sign_in_needed: "Anmeldung erforderlich",
    no_entry: "Kein Zutritt",
    nothing_here: "Hier ist nichts",
    not_available: "Zurzeit nicht verfügbar",
    went_wrong: "Etwas ist schiefgegangen",
    did_not_work: "Das hat nicht geklappt",
    forbidden_heading: "Sie haben keinen Zugriff",
    expired_heading: "Bitte erneut anmelden",
    too_many_heading: "Zu viele auf einmal",
    unsent_form_heading: "Ihr Formular wurde nicht gesendet",
    frame_heading: "Melden Sie sich an, um dies zu sehen",
    confirm_heading: "Abmelden?",
    signed_out_heading: "Abgemeldet",
    chooser_heading: "Anmelden",
    on_the_way: "Einen Moment",

    unsent_form_why: "Sie sind nicht angemeldet, oder Ihre Anmeldung ist abgelaufen. Ihre Eingaben sind nicht verloren: Dieser Tab hat sie noch.",
    unsent_form_first: "Melden Sie sich in einem neuen Tab an.",
    unsent_form_then: "Kommen Sie in diesen Tab zurück und laden Sie ihn neu. Wenn Ihr Browser fragt, ob das Formular erneut gesendet werden soll, bestätigen Sie das.",
    frame_why: "Dieser Teil der Seite verlangt eine Anmeldung, und die ist innerhalb einer anderen Seite nicht möglich. Öffnen Sie ihn in einem neuen Tab, melden Sie sich dort an, und laden Sie dann diese Seite neu.",
    confirm_why: "Diese Abmeldung könnte eine andere Website veranlasst haben. Wenn Sie sich abmelden möchten, bestätigen Sie es.",
    extent_app: "Damit endet nur Ihre Sitzung bei dieser Anwendung.",
    extent_session: "Damit endet Ihre Sitzung beim Anmeldedienst und bei allen hiesigen Anwendungen, die Sie damit in diesem Browser nutzen.",
    extent_everywhere: "Damit enden alle Ihre Sitzungen bei allen hiesigen Anwendungen, in jedem Browser.",
    signed_out_here: "Sie sind hier abgemeldet.",
    signed_out_app: "Sie sind von dieser Anwendung abgemeldet. Beim Anmeldedienst sind Sie weiterhin angemeldet.",
    signed_out_session: "Sie sind von dieser Anwendung und von den anderen hiesigen abgemeldet, die Sie in diesem Browser genutzt haben.",
    signed_out_everywhere: "Sie sind von allen hiesigen Anwendungen abgemeldet, in jedem Browser.",
    chooser_why: "Wählen Sie, wie Sie sich anmelden möchten.",
    last_used: "Zuletzt verwendet",
    signed_in_as: "Angemeldet als",
    provider: "Anmeldedienst",
    retries: "Diese Seite versucht es von selbst erneut.",

    sign_in: "Anmelden",
    sign_in_again: "Erneut anmelden",
    try_again: "Erneut versuchen",
    go_on: "Weiter",
    another_account: "Anderes Konto verwenden",
    sign_out: "Abmelden",
    stay_signed_in: "Angemeldet bleiben",
    open_new_tab: "In neuem Tab öffnen",
    opens_new_tab: "öffnet einen neuen Tab",

    reference: "Wenn Sie um Hilfe bitten, geben Sie das hier an:",
    code: "Code",
    request: "Anfrage",
};

/// The sentences of refusals.
pub(super) const SENTENCES: &[(&str, &str)] = &[
    (
        "Your browser sends more cookies than fit. Delete the cookies of this site, and load the page again.",
        "Ihr Browser sendet mehr Cookies, als Platz haben. Löschen Sie die Cookies dieser Website, und laden Sie die Seite neu.",
    ),
    (
        "Signing in works over https only, and this page was opened over http. Open it with https:// in front. If it was, tell the operator.",
        "Die Anmeldung geht nur über https, und diese Seite wurde über http geöffnet. Öffnen Sie sie mit https:// davor. Wenn das schon so war, wenden Sie sich an den Betreiber.",
    ),
    ("There is no entry at this address.", "Unter dieser Adresse gibt es keinen Zutritt."),
    (
        "Your account may not use this page. If it should, tell the operator.",
        "Ihr Konto darf diese Seite nicht benutzen. Wenn es das sollte, wenden Sie sich an den Betreiber.",
    ),
    (
        "The login gateway is not set up correctly. Tell the operator.",
        "Das Anmelde-Gateway ist nicht richtig eingerichtet. Wenden Sie sich an den Betreiber.",
    ),
    ("The login gateway cannot read this request.", "Das Anmelde-Gateway kann diese Anfrage nicht lesen."),
    ("There is nothing at this address.", "Unter dieser Adresse gibt es nichts."),
    (
        "Another site sent this request, so it was refused.",
        "Diese Anfrage kam von einer anderen Website und wurde deshalb abgelehnt.",
    ),
    (
        "This login link leads to an address that is not allowed. Open the page that you wanted instead.",
        "Dieser Anmeldelink führt zu einer Adresse, die nicht erlaubt ist. Öffnen Sie stattdessen die gewünschte Seite.",
    ),
    (
        "This login link cannot be used. Open the page that you wanted instead.",
        "Dieser Anmeldelink ist nicht verwendbar. Öffnen Sie stattdessen die gewünschte Seite.",
    ),
    (
        "Too many people sign in from your network at the moment. Try again in a minute.",
        "Aus Ihrem Netz melden sich gerade zu viele Personen an. Versuchen Sie es in einer Minute erneut.",
    ),
    (
        "This application needs another way of signing in than the one that you used. Try again, and use the way that it asks for.",
        "Diese Anwendung verlangt eine andere Art der Anmeldung als die, die Sie benutzt haben. Versuchen Sie es erneut, und benutzen Sie die verlangte Art.",
    ),
    (
        "You signed in at the login provider too long ago for this application. Try again, and sign in there anew.",
        "Ihre Anmeldung beim Anmeldedienst liegt für diese Anwendung zu lange zurück. Versuchen Sie es erneut, und melden Sie sich dort neu an.",
    ),
    (
        "This login is already finished. If you are not signed in, try again.",
        "Diese Anmeldung ist bereits abgeschlossen. Wenn Sie nicht angemeldet sind, versuchen Sie es erneut.",
    ),
    (
        "You are signed in, but the details of your account cannot be passed on to this application. Tell the operator.",
        "Sie sind angemeldet, aber die Angaben Ihres Kontos können nicht an diese Anwendung weitergegeben werden. Wenden Sie sich an den Betreiber.",
    ),
    (
        "This account does not belong to an organisation that may use this application. Try again with another account.",
        "Dieses Konto gehört zu keiner Organisation, die diese Anwendung nutzen darf. Versuchen Sie es mit einem anderen Konto erneut.",
    ),
    (
        "The login provider has not verified your e-mail address. Verify it there, mostly by a link in a message that it sends you, then try again.",
        "Der Anmeldedienst hat Ihre E-Mail-Adresse nicht bestätigt. Bestätigen Sie sie dort, meist über einen Link in einer Nachricht an Sie, und versuchen Sie es dann erneut.",
    ),
    (
        "Your browser does not send back the cookie of this login. Allow cookies for this site, then try again.",
        "Ihr Browser sendet das Cookie dieser Anmeldung nicht zurück. Erlauben Sie Cookies für diese Website, und versuchen Sie es dann erneut.",
    ),
    (
        "You signed in several times, but the sign-in does not reach this application. Tell the operator.",
        "Sie haben sich mehrmals angemeldet, aber die Anmeldung kommt bei dieser Anwendung nicht an. Wenden Sie sich an den Betreiber.",
    ),
    (
        "The answer of the login provider cannot be used. Try again.",
        "Die Antwort des Anmeldedienstes ist nicht verwendbar. Versuchen Sie es erneut.",
    ),
    (
        "This address belongs to a login that was not started here. Try again.",
        "Diese Adresse gehört zu einer Anmeldung, die nicht hier begonnen wurde. Versuchen Sie es erneut.",
    ),
    (
        "This login was started more than ten minutes ago and is no longer valid. Try again.",
        "Diese Anmeldung wurde vor mehr als zehn Minuten begonnen und gilt nicht mehr. Versuchen Sie es erneut.",
    ),
    (
        "Cookies are blocked, or this login was started in another browser. Allow cookies for this site, then try again.",
        "Cookies sind gesperrt, oder diese Anmeldung wurde in einem anderen Browser begonnen. Erlauben Sie Cookies für diese Website, und versuchen Sie es dann erneut.",
    ),
    (
        "The login provider did not let you in. If that was not your choice, tell the operator.",
        "Der Anmeldedienst hat Sie nicht eingelassen. Wenn das nicht Ihre Entscheidung war, wenden Sie sich an den Betreiber.",
    ),
    (
        "The login provider refused this application. Tell the operator.",
        "Der Anmeldedienst hat diese Anwendung abgewiesen. Wenden Sie sich an den Betreiber.",
    ),
    (
        "The login provider sent an answer that cannot be used. Tell the operator if trying again does not help.",
        "Der Anmeldedienst hat eine Antwort gesendet, die nicht verwendbar ist. Wenden Sie sich an den Betreiber, wenn ein neuer Versuch nicht hilft.",
    ),
    (
        "The login provider sent a proof of identity that cannot be believed. Tell the operator.",
        "Der Anmeldedienst hat einen Identitätsnachweis gesendet, der nicht glaubwürdig ist. Wenden Sie sich an den Betreiber.",
    ),
    (
        "The login provider sent an answer meant for another application. Tell the operator.",
        "Der Anmeldedienst hat eine Antwort gesendet, die für eine andere Anwendung bestimmt ist. Wenden Sie sich an den Betreiber.",
    ),
    (
        "The clocks of the login provider and of this gateway differ too much. Tell the operator.",
        "Die Uhren des Anmeldedienstes und dieses Gateways gehen zu weit auseinander. Wenden Sie sich an den Betreiber.",
    ),
    (
        "The login provider cannot be reached at the moment. Try again in a minute.",
        "Der Anmeldedienst ist zurzeit nicht erreichbar. Versuchen Sie es in einer Minute erneut.",
    ),
    (
        "The login provider cannot be used as it is set up. Tell the operator.",
        "Der Anmeldedienst ist so, wie er eingerichtet ist, nicht verwendbar. Wenden Sie sich an den Betreiber.",
    ),
    ("You are not signed in.", "Sie sind nicht angemeldet."),
    (
        "This page belongs to another sign-in. Load it again.",
        "Diese Seite gehört zu einer anderen Anmeldung. Laden Sie sie neu.",
    ),
    (
        "This link to sign out does not say what it should end. You are not signed out.",
        "Dieser Link zum Abmelden sagt nicht, was er beenden soll. Sie sind nicht abgemeldet.",
    ),
    (
        "You were signed out while this login was under way. Try again.",
        "Sie wurden abgemeldet, während diese Anmeldung lief. Versuchen Sie es erneut.",
    ),
    (
        "This sign-in cannot be renewed. Sign in again when it ends.",
        "Diese Anmeldung lässt sich nicht verlängern. Melden Sie sich erneut an, wenn sie endet.",
    ),
    (
        "The login gateway cannot sign in anybody at the moment. Try again in a minute.",
        "Das Anmelde-Gateway kann zurzeit niemanden anmelden. Versuchen Sie es in einer Minute erneut.",
    ),
    (
        "The login gateway cannot look up sign-ins at the moment. You are not signed out. Try again in a minute.",
        "Das Anmelde-Gateway kann Anmeldungen zurzeit nicht nachsehen. Sie sind nicht abgemeldet. Versuchen Sie es in einer Minute erneut.",
    ),
    (
        "The gateway cannot check access tokens at the moment. Try again in a minute.",
        "Das Gateway kann Zugriffstoken zurzeit nicht prüfen. Versuchen Sie es in einer Minute erneut.",
    ),
    (
        "This application is being tried out and is not for other machines.",
        "Diese Anwendung wird gerade ausprobiert und ist nicht für andere Rechner bestimmt.",
    ),
    (
        "Something went wrong in the login gateway. Tell the operator.",
        "Im Anmelde-Gateway ist etwas schiefgegangen. Wenden Sie sich an den Betreiber.",
    ),
    (
        "Too many requests come from your network at the moment. Try again in a minute.",
        "Aus Ihrem Netz kommen gerade zu viele Anfragen. Versuchen Sie es in einer Minute erneut.",
    ),
    (
        "This page needs a newer or stronger sign-in than yours. Sign out, and sign in again.",
        "Diese Seite verlangt eine neuere oder stärkere Anmeldung als Ihre. Melden Sie sich ab und wieder an.",
    ),
    (
        "The request has more than one Authorization header.",
        "Die Anfrage hat mehr als einen Authorization-Header.",
    ),
    (
        "The request has both an access token and a session cookie.",
        "Die Anfrage hat sowohl ein Zugriffstoken als auch ein Sitzungscookie.",
    ),
    ("An access token is needed.", "Ein Zugriffstoken ist erforderlich."),
    ("The credential is not an access token.", "Die Zugangsdaten sind kein Zugriffstoken."),
    ("The access token is not valid.", "Das Zugriffstoken ist nicht gültig."),
    ("The token is not an access token.", "Das Token ist kein Zugriffstoken."),
    (
        "The access token is by an issuer that is not trusted here.",
        "Das Zugriffstoken stammt von einem Aussteller, dem hier nicht vertraut wird.",
    ),
    (
        "The access token is for another audience.",
        "Das Zugriffstoken ist für einen anderen Empfänger bestimmt.",
    ),
    ("The access token has expired.", "Das Zugriffstoken ist abgelaufen."),
    ("The access token is not valid yet.", "Das Zugriffstoken ist noch nicht gültig."),
    ("The access token is not active.", "Das Zugriffstoken ist nicht aktiv."),
    (
        "The access token is bound to something that was not shown.",
        "Das Zugriffstoken ist an etwas gebunden, das nicht vorgezeigt wurde.",
    ),
    ("The access token lacks a scope.", "Dem Zugriffstoken fehlt ein Scope."),
    (
        "A newer or stronger authentication of the person is needed.",
        "Die Person muss sich neuer oder stärker authentifizieren.",
    ),
    ("The scheme DPoP is not taken here.", "Das Schema DPoP wird hier nicht angenommen."),
    (
        "The access token must come with a DPoP proof.",
        "Das Zugriffstoken muss mit einem DPoP-Nachweis kommen.",
    ),
    ("The access token is not bound to a key.", "Das Zugriffstoken ist an keinen Schlüssel gebunden."),
    ("The DPoP proof is not valid.", "Der DPoP-Nachweis ist nicht gültig."),
    ("The DPoP proof needs the nonce of this answer.", "Der DPoP-Nachweis braucht die Nonce dieser Antwort."),
];
