//! The keys that seal: made by `vestibule keygen`, changed while the program runs (issue 6, "Key ring").

use std::os::unix::fs::PermissionsExt as _;

use vestibule::protocol::secret::Secret;

use crate::command_line::Folder;
use crate::refresh::allowed;
use crate::serving::Serving;
use crate::world::{PAGE, World};

fn key(number: u8) -> Secret {
    Secret::new(format!("the key of these tests with the number {number:03}"))
}

/// Sessions are not sealed; a login ends well as long as the key that it began with is on the ring.
#[tokio::test]
async fn keys_are_changed_under_logins_and_sessions() {
    let world = World::new().start().await;
    let server = || world.server.as_ref().unwrap();
    let first = server().take_keys(&[key(1)]);
    let signed_in = world.signed_in().await;
    let (mut begun, mut late) = (world.browser(), world.browser());
    let callback = begun.open_until_callback(PAGE).await;
    let too_late = late.open_until_callback(PAGE).await;

    // The next key opens before it seals, then it seals, then the old one goes.
    assert_eq!(server().take_keys(&[key(1), key(2)])[0], first[0]);
    let both = server().take_keys(&[key(2), key(1)]);
    assert_eq!((both.len(), &both[1]), (2, &first[0]));
    begun.finish(callback).await.assert_at(PAGE);
    let mut with_new = world.browser();
    let callback = with_new.open_until_callback(PAGE).await;
    assert_eq!(server().take_keys(&[key(2)]), both[..1]);
    with_new.finish(callback).await.assert_at(PAGE);

    // One that was begun with a key that is gone is begun anew; nobody is signed out.
    let refused = late.call_back(&too_late).await;
    assert_eq!(refused.refusal(), "callback_state_unreadable", "{}", refused.show());
    assert!(allowed(&world, &signed_in).await);
    // None at all changes nothing.
    assert_eq!(server().take_keys(&[]), both[..1]);
}

#[tokio::test]
async fn keygen_makes_a_key_that_nobody_else_reads_and_never_writes_over_one() {
    let folder = Folder::new();
    let made = folder.run(&["keygen", "session.key"]).await;
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let path = folder.path("session.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!((text.len(), text.trim_end().len()), (45, 44), "32 bytes in base64, and a line end");
    assert!(!made.out.contains(text.trim_end()), "{}", made.out);
    let again = folder.run(&["keygen", "session.key"]).await;
    assert_eq!(again.code, 1);
    assert!(again.err.contains("session.key is there already"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let other = folder.run(&["keygen", "other.key"]).await;
    let id = |out: &str| out.split("a new key, ").nth(1).unwrap()[..8].to_owned();
    assert_ne!(id(&made.out), id(&other.out));
    assert_eq!(folder.run(&["keygen"]).await.code, 64);
    assert_eq!(folder.run(&["keygen", "no/such/folder.key"]).await.code, 1);
}

/// The process, told by SIGHUP.
#[tokio::test]
async fn sighup_takes_the_keys_of_the_file_and_a_mistake_keeps_those_in_force() {
    let folder = Folder::new();
    let id = |out: String| out.split("a new key, ").nth(1).unwrap()[..8].to_owned();
    let first = id(folder.run(&["keygen", "first.key"]).await.out);
    let second = id(folder.run(&["keygen", "second.key"]).await.out);
    let write = |keys: &str| {
        folder.write(
            "clients.yaml",
            &format!(
                "clients:
  app:
    issuer: http://localhost:1
    client_id: app
    redirect_uri: http://app.localhost/oidc/app/callback
    hosts: app.localhost
server: {{ listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, {keys} }}
"
            ),
        );
    };
    write("key_files: [first.key]");
    let mut process = Serving::start(&folder);
    process.until("\"code\":\"started\"");

    write("key_files: [second.key, first.key]");
    process.signal("HUP");
    let line = process.until("\"code\":\"keys_taken\"");
    assert!(line.contains(&format!("\"seals\":\"{second}\"")), "{line}");
    assert!(line.contains(&format!("\"opens\":\"{second} {first}\"")), "{line}");

    write("key_files: [missing.key]");
    process.signal("HUP");
    let line = process.until("\"code\":\"keys_kept\"");
    assert!(line.contains("missing.key") && line.contains("\"level\":\"ERROR\""), "{line}");

    write("log: { level: info }");
    process.signal("HUP");
    process.until("\"code\":\"keys_kept\"");

    process.signal("TERM");
    process.until("\"code\":\"stopped\"");
    assert!(process.ended_well());
}
