//! Presets through the real server: signing out in a provider's own way.

use crate::world::{APP, PAGE, SESSION, World};

/// The first address after a sign-out that was to lead back to a page of the application.
async fn after_logout(world: &World) -> String {
    let mut browser = world.signed_in().await;
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "rd=%2Fbye").await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert!(browser.jar.get(SESSION).is_none());
    answer.location().to_owned()
}

#[tokio::test]
async fn each_form_of_logout_ends_the_session_here_and_leads_where_it_should() {
    let back = "https%3A%2F%2Fapp.example.test%2Foidc%2Fapp%2Fsigned-out";
    for (name, line, expected) in [
        ("Cognito", "preset: cognito", format!("/end-session?client_id=id-of-app&logout_uri={back}")),
        (
            "Auth0, at an address of its own",
            "logout: { form: return_to, endpoint: \"http://127.0.0.1:1/v2/logout\" }",
            format!("http://127.0.0.1:1/v2/logout?client_id=id-of-app&returnTo={back}"),
        ),
        ("only here", "logout: { form: local }", "https://app.example.test/bye".to_owned()),
    ] {
        let world = World::new().line(line).start().await;
        let location = after_logout(&world).await;
        let expected =
            if expected.starts_with('/') { world.provider.issuer.clone() + &expected } else { expected };
        assert_eq!(location, expected, "{name}");
    }
}

/// Google and GitLab announce no endpoint: the session ends here, and the person is where the logout was to lead.
#[tokio::test]
async fn a_provider_that_signs_nobody_out_is_not_asked() {
    for preset in ["google", "gitlab"] {
        let world = World::new()
            .line(&format!("preset: {preset}"))
            .provider(|provider| {
                provider.change_metadata(|metadata| drop(metadata.remove("end_session_endpoint")))
            })
            .start()
            .await;
        assert_eq!(after_logout(&world).await, "https://app.example.test/bye", "{preset}");
    }
}
