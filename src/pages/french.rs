//! French. The address is formal, and gender is left open; U+00A0 stands before double punctuation.

use super::texts::Texts;

pub(super) const TEXTS: Texts = Texts {
    sign_in_needed: "Connexion requise",
    no_entry: "Accès refusé",
    nothing_here: "Il n’y a rien ici",
    not_available: "Indisponible pour le moment",
    went_wrong: "Un problème est survenu",
    did_not_work: "Cela n’a pas fonctionné",
    forbidden_heading: "Vous n’avez pas accès",
    expired_heading: "Reconnectez-vous",
    too_many_heading: "Trop de demandes à la fois",
    unsent_form_heading: "Votre formulaire n’a pas été envoyé",
    frame_heading: "Connectez-vous pour voir ce contenu",
    confirm_heading: "Se déconnecter\u{a0}?",
    signed_out_heading: "Session fermée",
    chooser_heading: "Se connecter",
    on_the_way: "Un instant",

    unsent_form_why: "Aucune session n’est ouverte, ou la vôtre a pris fin. Votre saisie n’est pas perdue\u{a0}: elle est toujours dans cet onglet.",
    unsent_form_first: "Connectez-vous dans un nouvel onglet.",
    unsent_form_then: "Revenez à cet onglet et actualisez-le. Quand votre navigateur demande s’il faut renvoyer le formulaire, confirmez.",
    frame_why: "Cette partie de la page exige une connexion, impossible à l’intérieur d’une autre page. Ouvrez-la dans un nouvel onglet, connectez-vous, puis actualisez cette page.",
    confirm_why: "Un autre site a pu demander cette déconnexion. Si vous voulez vous déconnecter, confirmez-le.",
    extent_app: "Cela met fin à votre session dans cette application uniquement.",
    extent_session: "Cela met fin à votre session auprès du service de connexion, et dans toutes les applications d’ici que vous utilisez avec lui dans ce navigateur.",
    extent_everywhere: "Cela met fin à toutes vos sessions, dans toutes les applications d’ici et dans tous les navigateurs.",
    signed_out_here: "Votre session ici est terminée.",
    signed_out_app: "Votre session dans cette application est terminée. Le service de connexion vous reconnaît encore.",
    signed_out_session: "Votre session est terminée dans cette application et dans les autres d’ici que vous avez utilisées dans ce navigateur.",
    signed_out_everywhere: "Vos sessions sont terminées dans toutes les applications d’ici, dans tous les navigateurs.",
    chooser_why: "Choisissez comment vous connecter.",
    last_used: "Utilisé la dernière fois",
    signed_in_as: "Compte connecté",
    provider: "Service de connexion",
    retries: "Cette page réessaie d’elle-même.",

    sign_in: "Se connecter",
    sign_in_again: "Se reconnecter",
    try_again: "Réessayer",
    go_on: "Continuer",
    another_account: "Utiliser un autre compte",
    sign_out: "Se déconnecter",
    stay_signed_in: "Garder la session",
    open_new_tab: "Ouvrir dans un nouvel onglet",
    opens_new_tab: "s’ouvre dans un nouvel onglet",

    reference: "Si vous demandez de l’aide, indiquez ceci\u{a0}:",
    code: "Code",
    request: "Requête",
};

/// The sentences of refusals.
pub(super) const SENTENCES: &[(&str, &str)] = &[
    (
        "Your browser sends more cookies than fit. Delete the cookies of this site, and load the page again.",
        "Votre navigateur envoie trop de cookies. Supprimez les cookies de ce site, puis rechargez la page.",
    ),
    (
        "Signing in works over https only, and this page was opened over http. Open it with https:// in front. If it was, tell the operator.",
        "La connexion ne fonctionne que par https, et cette page a été ouverte par http. Ouvrez-la avec https:// devant. Si c’était déjà le cas, adressez-vous à l’exploitant.",
    ),
    ("There is no entry at this address.", "L’accès à cette adresse est fermé."),
    (
        "Your account may not use this page. If it should, tell the operator.",
        "Votre compte n’a pas accès à cette page. S’il devrait l’avoir, adressez-vous à l’exploitant.",
    ),
    (
        "The login gateway is not set up correctly. Tell the operator.",
        "La passerelle de connexion n’est pas configurée correctement. Prévenez l’exploitant.",
    ),
    (
        "The login gateway cannot read this request.",
        "La passerelle de connexion ne peut pas lire cette requête.",
    ),
    ("There is nothing at this address.", "Il n’y a rien à cette adresse."),
    (
        "Another site sent this request, so it was refused.",
        "Cette requête vient d’un autre site\u{a0}; elle a donc été refusée.",
    ),
    (
        "This login link leads to an address that is not allowed. Open the page that you wanted instead.",
        "Ce lien de connexion mène à une adresse qui n’est pas autorisée. Ouvrez plutôt la page souhaitée.",
    ),
    (
        "This login link cannot be used. Open the page that you wanted instead.",
        "Ce lien de connexion est inutilisable. Ouvrez plutôt la page souhaitée.",
    ),
    (
        "Too many people sign in from your network at the moment. Try again in a minute.",
        "Trop de personnes se connectent depuis votre réseau en ce moment. Réessayez dans une minute.",
    ),
    (
        "This application needs another way of signing in than the one that you used. Try again, and use the way that it asks for.",
        "Cette application exige un autre mode de connexion que celui que vous avez utilisé. Réessayez avec le mode demandé.",
    ),
    (
        "You signed in at the login provider too long ago for this application. Try again, and sign in there anew.",
        "Votre connexion auprès du service de connexion est trop ancienne pour cette application. Réessayez, et connectez-vous-y de nouveau.",
    ),
    (
        "This login is already finished. If you are not signed in, try again.",
        "Cette connexion est déjà terminée. Si votre session n’est pas ouverte, réessayez.",
    ),
    (
        "You are signed in, but the details of your account cannot be passed on to this application. Tell the operator.",
        "Votre session est ouverte, mais les informations de votre compte ne peuvent pas être transmises à cette application. Prévenez l’exploitant.",
    ),
    (
        "This account does not belong to an organisation that may use this application. Try again with another account.",
        "Ce compte n’appartient à aucune organisation autorisée à utiliser cette application. Réessayez avec un autre compte.",
    ),
    (
        "The login provider has not verified your e-mail address. Verify it there, mostly by a link in a message that it sends you, then try again.",
        "Le service de connexion n’a pas vérifié votre adresse e-mail. Confirmez-la auprès de lui, le plus souvent par un lien dans un message qu’il vous envoie, puis réessayez.",
    ),
    (
        "Your browser does not send back the cookie of this login. Allow cookies for this site, then try again.",
        "Votre navigateur ne renvoie pas le cookie de cette connexion. Autorisez les cookies pour ce site, puis réessayez.",
    ),
    (
        "You signed in several times, but the sign-in does not reach this application. Tell the operator.",
        "Vous avez ouvert une session plusieurs fois, mais elle ne parvient pas à cette application. Prévenez l’exploitant.",
    ),
    (
        "The answer of the login provider cannot be used. Try again.",
        "La réponse du service de connexion est inutilisable. Réessayez.",
    ),
    (
        "This address belongs to a login that was not started here. Try again.",
        "Cette adresse appartient à une connexion qui n’a pas été commencée ici. Réessayez.",
    ),
    (
        "This login was started more than ten minutes ago and is no longer valid. Try again.",
        "Cette connexion a été commencée il y a plus de dix minutes et n’est plus valable. Réessayez.",
    ),
    (
        "Cookies are blocked, or this login was started in another browser. Allow cookies for this site, then try again.",
        "Les cookies sont bloqués, ou cette connexion a été commencée dans un autre navigateur. Autorisez les cookies pour ce site, puis réessayez.",
    ),
    (
        "The login provider did not let you in. If that was not your choice, tell the operator.",
        "Le service de connexion ne vous a pas laissé entrer. Si ce n’était pas votre choix, prévenez l’exploitant.",
    ),
    (
        "The login provider refused this application. Tell the operator.",
        "Le service de connexion a refusé cette application. Prévenez l’exploitant.",
    ),
    (
        "The login provider sent an answer that cannot be used. Tell the operator if trying again does not help.",
        "Le service de connexion a envoyé une réponse inutilisable. Si un nouvel essai n’y change rien, prévenez l’exploitant.",
    ),
    (
        "The login provider sent a proof of identity that cannot be believed. Tell the operator.",
        "Le service de connexion a envoyé une preuve d’identité qui n’est pas crédible. Prévenez l’exploitant.",
    ),
    (
        "The login provider sent an answer meant for another application. Tell the operator.",
        "Le service de connexion a envoyé une réponse destinée à une autre application. Prévenez l’exploitant.",
    ),
    (
        "The clocks of the login provider and of this gateway differ too much. Tell the operator.",
        "Les horloges du service de connexion et de cette passerelle diffèrent trop. Prévenez l’exploitant.",
    ),
    (
        "The login provider cannot be reached at the moment. Try again in a minute.",
        "Le service de connexion est injoignable pour le moment. Réessayez dans une minute.",
    ),
    (
        "The login provider cannot be used as it is set up. Tell the operator.",
        "Tel qu’il est configuré, le service de connexion est inutilisable. Prévenez l’exploitant.",
    ),
    ("You are not signed in.", "Aucune session n’est ouverte."),
    (
        "This page belongs to another sign-in. Load it again.",
        "Cette page appartient à une autre connexion. Actualisez-la.",
    ),
    (
        "This link to sign out does not say what it should end. You are not signed out.",
        "Ce lien de déconnexion ne dit pas à quoi il doit mettre fin. Votre session reste ouverte.",
    ),
    (
        "You were signed out while this login was under way. Try again.",
        "Votre session a été fermée pendant cette connexion. Réessayez.",
    ),
    (
        "This sign-in cannot be renewed. Sign in again when it ends.",
        "Cette connexion ne peut pas être prolongée. Reconnectez-vous quand elle prendra fin.",
    ),
    (
        "The login gateway cannot sign in anybody at the moment. Try again in a minute.",
        "La passerelle de connexion ne peut connecter personne pour le moment. Réessayez dans une minute.",
    ),
    (
        "The login gateway cannot look up sign-ins at the moment. You are not signed out. Try again in a minute.",
        "La passerelle de connexion ne peut pas vérifier les connexions pour le moment. Vous n’êtes pas déconnecté. Réessayez dans une minute.",
    ),
    (
        "The gateway cannot check access tokens at the moment. Try again in a minute.",
        "La passerelle ne peut pas vérifier les jetons d’accès pour le moment. Réessayez dans une minute.",
    ),
    (
        "This application is being tried out and is not for other machines.",
        "Cette application est à l’essai et n’est pas destinée à d’autres machines.",
    ),
    (
        "Something went wrong in the login gateway. Tell the operator.",
        "Un problème est survenu dans la passerelle de connexion. Prévenez l’exploitant.",
    ),
    (
        "Too many requests come from your network at the moment. Try again in a minute.",
        "Trop de requêtes viennent de votre réseau en ce moment. Réessayez dans une minute.",
    ),
    (
        "This page needs a newer or stronger sign-in than yours. Sign out, and sign in again.",
        "Cette page exige une connexion plus récente ou plus forte que la vôtre. Déconnectez-vous, puis reconnectez-vous.",
    ),
    ("The request has more than one Authorization header.", "La requête a plus d’un en-tête Authorization."),
    (
        "The request has both an access token and a session cookie.",
        "La requête a à la fois un jeton d’accès et un cookie de session.",
    ),
    ("An access token is needed.", "Un jeton d’accès est nécessaire."),
    ("The credential is not an access token.", "L’identifiant présenté n’est pas un jeton d’accès."),
    ("The access token is not valid.", "Le jeton d’accès n’est pas valide."),
    ("The token is not an access token.", "Le jeton n’est pas un jeton d’accès."),
    (
        "The access token is by an issuer that is not trusted here.",
        "Le jeton d’accès vient d’un émetteur auquel on ne fait pas confiance ici.",
    ),
    ("The access token is for another audience.", "Le jeton d’accès est destiné à un autre service."),
    ("The access token has expired.", "Le jeton d’accès a expiré."),
    ("The access token is not valid yet.", "Le jeton d’accès n’est pas encore valide."),
    ("The access token is not active.", "Le jeton d’accès n’est pas actif."),
    (
        "The access token is bound to something that was not shown.",
        "Le jeton d’accès est lié à un élément qui n’a pas été présenté.",
    ),
    ("The access token lacks a scope.", "Il manque une portée (scope) au jeton d’accès."),
    (
        "A newer or stronger authentication of the person is needed.",
        "Une authentification plus récente ou plus forte de la personne est nécessaire.",
    ),
    ("The scheme DPoP is not taken here.", "Le schéma DPoP n’est pas accepté ici."),
    (
        "The access token must come with a DPoP proof.",
        "Le jeton d’accès doit être accompagné d’une preuve DPoP.",
    ),
    ("The access token is not bound to a key.", "Le jeton d’accès n’est lié à aucune clé."),
    ("The DPoP proof is not valid.", "La preuve DPoP n’est pas valide."),
    ("The DPoP proof needs the nonce of this answer.", "La preuve DPoP a besoin du nonce de cette réponse."),
];
