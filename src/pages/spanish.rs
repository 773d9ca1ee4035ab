//! Spanish. The address is formal, and gender is left open.

use super::texts::Texts;

pub(super) const TEXTS: Texts = Texts {
    sign_in_needed: "Es necesario iniciar sesión",
    no_entry: "Acceso denegado",
    nothing_here: "Aquí no hay nada",
    not_available: "No disponible en este momento",
    went_wrong: "Algo ha fallado",
    did_not_work: "No ha funcionado",
    forbidden_heading: "No tiene acceso",
    expired_heading: "Vuelva a iniciar sesión",
    too_many_heading: "Demasiadas solicitudes a la vez",
    unsent_form_heading: "Su formulario no se ha enviado",
    frame_heading: "Inicie sesión para ver esto",
    confirm_heading: "¿Cerrar la sesión?",
    signed_out_heading: "Sesión cerrada",
    chooser_heading: "Iniciar sesión",
    on_the_way: "Un momento",

    unsent_form_why: "No ha iniciado sesión, o su sesión ha terminado. Lo que escribió no se ha perdido: sigue en esta pestaña.",
    unsent_form_first: "Inicie sesión en una pestaña nueva.",
    unsent_form_then: "Vuelva a esta pestaña y recárguela. Cuando el navegador pregunte si debe enviar el formulario de nuevo, confírmelo.",
    frame_why: "Esta parte de la página exige iniciar sesión, y eso no es posible dentro de otra página. Ábrala en una pestaña nueva, inicie sesión allí y luego recargue esta página.",
    confirm_why: "Es posible que esto lo haya pedido otro sitio. Si quiere cerrar la sesión, confírmelo.",
    extent_app: "Esto termina solo su sesión en esta aplicación.",
    extent_session: "Esto termina su sesión en el proveedor de acceso y en todas las aplicaciones de aquí que usa con él en este navegador.",
    extent_everywhere: "Esto termina todas sus sesiones en todas las aplicaciones de aquí, en todos los navegadores.",
    signed_out_here: "Su sesión aquí está cerrada.",
    signed_out_app: "Su sesión en esta aplicación está cerrada. El proveedor de acceso todavía le reconoce.",
    signed_out_session: "Su sesión está cerrada en esta aplicación y en las demás de aquí que usó en este navegador.",
    signed_out_everywhere: "Sus sesiones están cerradas en todas las aplicaciones de aquí, en todos los navegadores.",
    chooser_why: "Elija cómo quiere iniciar sesión.",
    last_used: "Usado la última vez",
    signed_in_as: "Sesión iniciada como",
    provider: "Proveedor de acceso",
    retries: "Esta página vuelve a intentarlo por sí sola.",

    sign_in: "Iniciar sesión",
    sign_in_again: "Volver a iniciar sesión",
    try_again: "Reintentar",
    go_on: "Continuar",
    another_account: "Usar otra cuenta",
    sign_out: "Cerrar sesión",
    stay_signed_in: "Mantener la sesión",
    open_new_tab: "Abrir en una pestaña nueva",
    opens_new_tab: "se abre en una pestaña nueva",

    reference: "Si pide ayuda, indique esto:",
    code: "Código",
    request: "Solicitud",
};

/// The sentences of refusals.
pub(super) const SENTENCES: &[(&str, &str)] = &[
    (
        "Your browser sends more cookies than fit. Delete the cookies of this site, and load the page again.",
        "Su navegador envía demasiadas cookies. Borre las cookies de este sitio y vuelva a cargar la página.",
    ),
    (
        "Signing in works over https only, and this page was opened over http. Open it with https:// in front. If it was, tell the operator.",
        "El inicio de sesión solo funciona por https, y esta página se abrió por http. Ábrala con https:// delante. Si ya era así, avise al operador.",
    ),
    ("There is no entry at this address.", "No hay acceso a esta dirección."),
    (
        "Your account may not use this page. If it should, tell the operator.",
        "Su cuenta no puede usar esta página. Si debería poder, avise al operador.",
    ),
    (
        "The login gateway is not set up correctly. Tell the operator.",
        "La pasarela de acceso no está bien configurada. Avise al operador.",
    ),
    ("The login gateway cannot read this request.", "La pasarela de acceso no puede leer esta solicitud."),
    ("There is nothing at this address.", "No hay nada en esta dirección."),
    (
        "Another site sent this request, so it was refused.",
        "Esta solicitud la envió otro sitio, por lo que se ha rechazado.",
    ),
    (
        "This login link leads to an address that is not allowed. Open the page that you wanted instead.",
        "Este enlace de acceso lleva a una dirección que no está permitida. Abra en su lugar la página que quería.",
    ),
    (
        "This login link cannot be used. Open the page that you wanted instead.",
        "Este enlace de acceso no se puede usar. Abra en su lugar la página que quería.",
    ),
    (
        "Too many people sign in from your network at the moment. Try again in a minute.",
        "Demasiadas personas inician sesión desde su red en este momento. Vuelva a intentarlo dentro de un minuto.",
    ),
    (
        "This application needs another way of signing in than the one that you used. Try again, and use the way that it asks for.",
        "Esta aplicación exige otra forma de iniciar sesión que la que ha usado. Vuelva a intentarlo con la forma que se le pide.",
    ),
    (
        "You signed in at the login provider too long ago for this application. Try again, and sign in there anew.",
        "Hace demasiado tiempo que inició sesión en el proveedor de acceso para esta aplicación. Vuelva a intentarlo e inicie sesión allí de nuevo.",
    ),
    (
        "This login is already finished. If you are not signed in, try again.",
        "Este inicio de sesión ya ha terminado. Si no ha iniciado sesión, vuelva a intentarlo.",
    ),
    (
        "You are signed in, but the details of your account cannot be passed on to this application. Tell the operator.",
        "Ha iniciado sesión, pero los datos de su cuenta no se pueden transmitir a esta aplicación. Avise al operador.",
    ),
    (
        "This account does not belong to an organisation that may use this application. Try again with another account.",
        "Esta cuenta no pertenece a ninguna organización que pueda usar esta aplicación. Vuelva a intentarlo con otra cuenta.",
    ),
    (
        "The login provider has not verified your e-mail address. Verify it there, mostly by a link in a message that it sends you, then try again.",
        "El proveedor de acceso no ha verificado su dirección de correo electrónico. Verifíquela allí, casi siempre con un enlace en un mensaje que le envía, y vuelva a intentarlo.",
    ),
    (
        "Your browser does not send back the cookie of this login. Allow cookies for this site, then try again.",
        "Su navegador no devuelve la cookie de este inicio de sesión. Permita las cookies de este sitio y vuelva a intentarlo.",
    ),
    (
        "You signed in several times, but the sign-in does not reach this application. Tell the operator.",
        "Ha iniciado sesión varias veces, pero la sesión no llega a esta aplicación. Avise al operador.",
    ),
    (
        "The answer of the login provider cannot be used. Try again.",
        "La respuesta del proveedor de acceso no se puede usar. Vuelva a intentarlo.",
    ),
    (
        "This address belongs to a login that was not started here. Try again.",
        "Esta dirección pertenece a un inicio de sesión que no comenzó aquí. Vuelva a intentarlo.",
    ),
    (
        "This login was started more than ten minutes ago and is no longer valid. Try again.",
        "Este inicio de sesión comenzó hace más de diez minutos y ya no es válido. Vuelva a intentarlo.",
    ),
    (
        "Cookies are blocked, or this login was started in another browser. Allow cookies for this site, then try again.",
        "Las cookies están bloqueadas, o este inicio de sesión comenzó en otro navegador. Permita las cookies de este sitio y vuelva a intentarlo.",
    ),
    (
        "The login provider did not let you in. If that was not your choice, tell the operator.",
        "El proveedor de acceso no le ha dejado entrar. Si no ha sido decisión suya, avise al operador.",
    ),
    (
        "The login provider refused this application. Tell the operator.",
        "El proveedor de acceso ha rechazado esta aplicación. Avise al operador.",
    ),
    (
        "The login provider sent an answer that cannot be used. Tell the operator if trying again does not help.",
        "El proveedor de acceso ha enviado una respuesta que no se puede usar. Si reintentarlo no sirve, avise al operador.",
    ),
    (
        "The login provider sent a proof of identity that cannot be believed. Tell the operator.",
        "El proveedor de acceso ha enviado una prueba de identidad que no es creíble. Avise al operador.",
    ),
    (
        "The login provider sent an answer meant for another application. Tell the operator.",
        "El proveedor de acceso ha enviado una respuesta destinada a otra aplicación. Avise al operador.",
    ),
    (
        "The clocks of the login provider and of this gateway differ too much. Tell the operator.",
        "Los relojes del proveedor de acceso y de esta pasarela difieren demasiado. Avise al operador.",
    ),
    (
        "The login provider cannot be reached at the moment. Try again in a minute.",
        "En este momento no se puede contactar con el proveedor de acceso. Vuelva a intentarlo dentro de un minuto.",
    ),
    (
        "The login provider cannot be used as it is set up. Tell the operator.",
        "El proveedor de acceso no se puede usar tal como está configurado. Avise al operador.",
    ),
    ("You are not signed in.", "No ha iniciado sesión."),
    (
        "This page belongs to another sign-in. Load it again.",
        "Esta página pertenece a otro inicio de sesión. Recárguela.",
    ),
    (
        "This link to sign out does not say what it should end. You are not signed out.",
        "Este enlace para cerrar la sesión no dice qué debe terminar. Su sesión no se ha cerrado.",
    ),
    (
        "You were signed out while this login was under way. Try again.",
        "Su sesión se cerró durante este inicio de sesión. Vuelva a intentarlo.",
    ),
    (
        "This sign-in cannot be renewed. Sign in again when it ends.",
        "Esta sesión no se puede renovar. Vuelva a iniciar sesión cuando termine.",
    ),
    (
        "The login gateway cannot sign in anybody at the moment. Try again in a minute.",
        "La pasarela de acceso no puede iniciar ninguna sesión en este momento. Vuelva a intentarlo dentro de un minuto.",
    ),
    (
        "The login gateway cannot look up sign-ins at the moment. You are not signed out. Try again in a minute.",
        "La pasarela de acceso no puede consultar las sesiones en este momento. Su sesión no se ha cerrado. Vuelva a intentarlo dentro de un minuto.",
    ),
    (
        "The gateway cannot check access tokens at the moment. Try again in a minute.",
        "La pasarela no puede comprobar tokens de acceso en este momento. Vuelva a intentarlo dentro de un minuto.",
    ),
    (
        "This application is being tried out and is not for other machines.",
        "Esta aplicación está en pruebas y no es para otros equipos.",
    ),
    (
        "Something went wrong in the login gateway. Tell the operator.",
        "Algo ha fallado en la pasarela de acceso. Avise al operador.",
    ),
    (
        "Too many requests come from your network at the moment. Try again in a minute.",
        "Llegan demasiadas solicitudes desde su red en este momento. Vuelva a intentarlo dentro de un minuto.",
    ),
    (
        "This page needs a newer or stronger sign-in than yours. Sign out, and sign in again.",
        "Esta página exige un inicio de sesión más reciente o más fuerte que el suyo. Cierre la sesión y vuelva a iniciarla.",
    ),
    (
        "The request has more than one Authorization header.",
        "La solicitud tiene más de una cabecera Authorization.",
    ),
    (
        "The request has both an access token and a session cookie.",
        "La solicitud tiene a la vez un token de acceso y una cookie de sesión.",
    ),
    ("An access token is needed.", "Se necesita un token de acceso."),
    ("The credential is not an access token.", "La credencial no es un token de acceso."),
    ("The access token is not valid.", "El token de acceso no es válido."),
    ("The token is not an access token.", "El token no es un token de acceso."),
    (
        "The access token is by an issuer that is not trusted here.",
        "El token de acceso procede de un emisor en el que aquí no se confía.",
    ),
    ("The access token is for another audience.", "El token de acceso está destinado a otro servicio."),
    ("The access token has expired.", "El token de acceso ha caducado."),
    ("The access token is not valid yet.", "El token de acceso todavía no es válido."),
    ("The access token is not active.", "El token de acceso no está activo."),
    (
        "The access token is bound to something that was not shown.",
        "El token de acceso está vinculado a algo que no se ha mostrado.",
    ),
    ("The access token lacks a scope.", "Al token de acceso le falta un ámbito (scope)."),
    (
        "A newer or stronger authentication of the person is needed.",
        "Se necesita una autenticación más reciente o más fuerte de la persona.",
    ),
    ("The scheme DPoP is not taken here.", "El esquema DPoP no se acepta aquí."),
    ("The access token must come with a DPoP proof.", "El token de acceso debe venir con una prueba DPoP."),
    ("The access token is not bound to a key.", "El token de acceso no está vinculado a ninguna clave."),
    ("The DPoP proof is not valid.", "La prueba DPoP no es válida."),
    ("The DPoP proof needs the nonce of this answer.", "La prueba DPoP necesita el nonce de esta respuesta."),
];
