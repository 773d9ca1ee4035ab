//! RFC 7516 sections 3.1, 4.1, 5.2 and 11; RFC 7518 sections 4.3, 4.6 and 5.3; RFC 7519 section 5.2: opening what only we can.

use std::sync::LazyLock;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule::protocol::decryption_key::DecryptionKey;
use vestibule::protocol::jwe::{Encryption, MAX_ENCRYPTED_BYTES};
use vestibule::protocol::jwt::{self, IdTokenExpected, IdTokenFault};
use vestibule::protocol::registration::{ContentEncryption, KeyManagement, SigningAlgorithm};
use vestibule::protocol::secret::Secret;

use crate::encrypter::{Recipient, jwk, seal};
use crate::signer::{PROVIDER, claims, encode, header, with, without};
use crate::world::{issuer, now};

static RSA: LazyLock<Recipient> = LazyLock::new(Recipient::rsa);
static P256: LazyLock<Recipient> = LazyLock::new(Recipient::p256);
static P384: LazyLock<Recipient> = LazyLock::new(Recipient::p384);

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;
const TEXT: &str = "header.payload.signature";

fn encryption(keys: &[&Recipient], content: ContentEncryption) -> Encryption {
    let keys: Vec<_> = keys.iter().map(|key| DecryptionKey::read(key.pem().as_bytes()).unwrap()).collect();
    Encryption { algorithm: keys[0].algorithm(), content, keys: keys.into() }
}

fn agreed(key: &Recipient) -> Encryption {
    encryption(&[key], ContentEncryption::A256Gcm)
}

fn open(token: &str, agreed: &Encryption) -> Result<String, &'static str> {
    let opened = jwt::decrypt(&Secret::new(token), Some(agreed));
    opened.map(|token| token.expose().to_owned()).map_err(|fault| fault.code())
}

/// Opened and verified, as at a login.
fn accept(token: &str, agreed: &Encryption) -> Result<(), IdTokenFault> {
    let signed = jwt::decrypt(&Secret::new(token), Some(agreed))?;
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce: Some("n-0S6_WzA2Mj"),
        algorithm: RS256,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(signed.expose(), &PROVIDER.keys(), &expected).map(|_| ())
}

fn good() -> String {
    PROVIDER.sign(RS256, &header(RS256), &claims())
}

#[test]
fn every_pair_offered_opens_and_no_other_takes_it() {
    for recipient in [&*RSA, &*P256, &*P384] {
        for content in ContentEncryption::ALL {
            let token = recipient.token(recipient.header(content.name()), &good());
            assert_eq!(accept(&token, &encryption(&[recipient], content)), Ok(()), "{content}");
            for other in ContentEncryption::ALL.into_iter().filter(|other| *other != content) {
                let code = open(&token, &encryption(&[recipient], other));
                assert_eq!(code, Err("id_token_encryption_algorithm"), "{content} as {other}");
            }
        }
    }
}

/// By others: OpenSSL's keys and jwcrypto's tokens.
#[test]
fn tokens_that_another_library_encrypted_open() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/jwcrypto.json")).unwrap();
    for vector in vectors["tokens"].as_array().unwrap() {
        let name = vector["key"].as_str().unwrap();
        for form in ["pkcs8", "traditional", "jwk"] {
            let key = &vectors["keys"][name][form];
            let text = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
            let content = ContentEncryption::ALL.into_iter().find(|enc| vector["enc"] == enc.name()).unwrap();
            let key = DecryptionKey::read(text.as_bytes()).unwrap();
            let agreed = Encryption { algorithm: key.algorithm(), content, keys: [key].into() };
            let opened = open(vector["token"].as_str().unwrap(), &agreed);
            assert_eq!(opened.as_deref(), Ok(TEXT), "{vector} {form}");
        }
    }
}

/// RFC 7518 appendix C: the keys, the header and the key that both parties derive.
#[test]
fn the_key_is_derived_as_in_the_appendix() {
    let bob = json!({ "kty": "EC", "crv": "P-256",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw" });
    let header = json!({ "alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i",
        "epk": { "kty": "EC", "crv": "P-256",
            "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps" } });
    let derived = [86, 170, 141, 234, 248, 35, 109, 32, 92, 34, 40, 205, 113, 167, 16, 26];
    assert_eq!(encode(derived), "VqqN6vgjbSBcIijNcacQGg");
    let key = DecryptionKey::read(bob.to_string().as_bytes()).unwrap();
    let agreed = Encryption {
        algorithm: KeyManagement::EcdhEs,
        content: ContentEncryption::A128Gcm,
        keys: [key].into(),
    };
    let token = seal(&header, Vec::new(), &derived, TEXT.as_bytes()).join(".");
    assert_eq!(open(&token, &agreed).as_deref(), Ok(TEXT));
    for (party, other) in [("apu", "QWxpY2UA"), ("apv", "Qm9"), ("apv", "")] {
        let token = seal(&with(header.clone(), party, json!(other)), Vec::new(), &derived, TEXT.as_bytes());
        assert_ne!(open(&token.join("."), &agreed).as_deref(), Ok(TEXT), "{party}");
    }
}

/// V-ID-1: agreed and not encrypted; encrypted and not agreed; encrypted, but not signed inside.
#[test]
fn what_is_agreed_is_what_must_come() {
    let agreed = agreed(&RSA);
    let encrypted = RSA.token(RSA.header("A256GCM"), &good());
    let not_agreed = jwt::decrypt(&Secret::new(&*encrypted), None).unwrap();
    let rows = [
        ("not encrypted", good(), "id_token_not_encrypted"),
        ("claims without a signature", RSA.token(RSA.header("A256GCM"), r#"{"sub":"a"}"#), "id_token_parts"),
        ("encrypted twice", RSA.token(RSA.header("A256GCM"), &encrypted), "id_token_encrypted"),
        (
            "alg none inside",
            RSA.token(
                RSA.header("A256GCM"),
                &format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(claims().to_string())),
            ),
            "id_token_algorithm",
        ),
        (
            "signed by somebody else",
            RSA.token(RSA.header("A256GCM"), &crate::signer::STRANGER.sign(RS256, &header(RS256), &claims())),
            "id_token_signature",
        ),
        (
            "of another kind inside",
            RSA.token(
                RSA.header("A256GCM"),
                &PROVIDER.sign(RS256, &with(header(RS256), "typ", json!("at+jwt")), &claims()),
            ),
            "id_token_type",
        ),
    ];
    for (name, token, code) in rows {
        assert_eq!(accept(&token, &agreed).unwrap_err().code(), code, "{name}");
    }
    assert_eq!(
        not_agreed.expose(),
        encrypted,
        "what is not agreed is not opened, and jws refuses five parts"
    );
}

/// F-17: both algorithms are agreed, and the token may only repeat them: no RSA1_5, no password whose work factor the token names,
/// no AES-CBC.
#[test]
fn the_algorithms_are_the_agreed_ones() {
    for (member, value) in [
        ("alg", json!("RSA1_5")),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("RSA-OAEP-512")),
        ("alg", json!("rsa-oaep-256")),
        ("alg", json!("dir")),
        ("alg", json!("none")),
        ("alg", json!("A128KW")),
        ("alg", json!("ECDH-ES")),
        ("alg", json!("ECDH-ES+A128KW")),
        ("alg", json!("PBES2-HS256+A128KW")),
        ("alg", json!(["RSA-OAEP-256"])),
        ("alg", Value::Null),
        ("enc", json!("A128GCM")),
        ("enc", json!("A192GCM")),
        ("enc", json!("A256CBC-HS512")),
        ("enc", json!("A128CBC-HS256")),
        ("enc", json!("none")),
        ("enc", json!(1)),
    ] {
        let header =
            with(with(RSA.header("A256GCM"), member, value.clone()), "p2c", json!(2_147_483_647_u32));
        let token = RSA.token(with(header, "p2s", json!("AAAA")), &good());
        assert_eq!(open(&token, &agreed(&RSA)), Err("id_token_encryption_algorithm"), "{member} {value}");
    }
    for member in ["alg", "enc"] {
        let token = RSA.token(without(RSA.header("A256GCM"), member), &good());
        assert_eq!(open(&token, &agreed(&RSA)), Err("id_token_encryption_algorithm"), "no {member}");
    }
}

/// F-17: a little text could become a lot.
#[test]
fn the_header_asks_for_nothing_special() {
    let rows = [
        ("zip", json!("DEF"), "id_token_encryption_header"),
        ("zip", Value::Null, "id_token_encryption_header"),
        ("crit", json!(["exp"]), "id_token_critical"),
        ("crit", json!([]), "id_token_critical"),
        ("typ", json!("at+jwt"), "id_token_type"),
        ("typ", json!("logout+jwt"), "id_token_type"),
        ("typ", json!(7), "id_token_type"),
        ("cty", json!("json"), "id_token_encryption_header"),
        ("cty", json!(["JWT"]), "id_token_encryption_header"),
        ("kid", json!(7), "id_token_encryption_header"),
        ("kid", json!("k".repeat(257)), "id_token_encryption_header"),
    ];
    for (member, value, code) in rows {
        let token = RSA.token(with(RSA.header("A256GCM"), member, value.clone()), &good());
        assert_eq!(open(&token, &agreed(&RSA)), Err(code), "{member} {value}");
    }
    for header in [
        without(RSA.header("A256GCM"), "cty"),
        with(RSA.header("A256GCM"), "typ", json!("JWT")),
        with(RSA.header("A256GCM"), "jku", json!("http://169.254.169.254/")),
    ] {
        assert_eq!(accept(&RSA.token(header.clone(), &good()), &agreed(&RSA)), Ok(()), "{header}");
    }
}

#[test]
fn one_bit_anywhere_and_it_does_not_open() {
    for recipient in [&*RSA, &*P256] {
        let parts = recipient.encrypt(recipient.header("A256GCM"), good().as_bytes());
        for (part, text) in parts.iter().enumerate() {
            if text.is_empty() {
                continue;
            }
            // The second character: the first one of RSA's encrypted key may push the number over the modulus, which is as good.
            for place in [1, text.len() / 2] {
                let mut changed = parts.clone();
                let letter = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
                changed[part].replace_range(place..=place, letter);
                let result = open(&changed.join("."), &agreed(recipient));
                if part == 0 {
                    assert!(result.is_err(), "the header");
                } else {
                    assert_eq!(result, Err("id_token_decryption"), "part {part} at {place}");
                }
            }
        }
        // The header is authenticated as it came.
        let other = recipient.encrypt(with(recipient.header("A256GCM"), "x", json!(1)), good().as_bytes());
        let mut changed = parts.clone();
        changed[0] = other[0].clone();
        assert_eq!(open(&changed.join("."), &agreed(recipient)), Err("id_token_decryption"));
    }
}

/// RFC 7516 section 11.5, RFC 7518 section 5.3: lengths are fixed, and a key that is none is no key of zeros.
#[test]
fn parts_of_another_length_do_not_open() {
    let header = RSA.header("A256GCM");
    let [h, key, iv, content, tag] = RSA.encrypt(header.clone(), good().as_bytes());
    let of_bytes = |bytes: usize| encode(vec![5; bytes]);
    let zeros = [0; 32];
    // The same bytes one after the other, but divided at another place.
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (mut front, mut back) = (decoded(&content), decoded(&tag));
    back.insert(0, front.pop().unwrap());
    let (shorter, longer) = (encode(front), encode(back));
    let rows = [
        ("a long initialization vector", [&h, &key, &of_bytes(16), &content, &tag].map(String::clone)),
        ("a short one", [&h, &key, &of_bytes(8), &content, &tag].map(String::clone)),
        ("none", [&h, &key, &String::new(), &content, &tag].map(String::clone)),
        ("a short tag", [&h, &key, &iv, &content, &tag[..16].to_owned()].map(String::clone)),
        ("a byte of the content in the tag", [&h, &key, &iv, &shorter, &longer].map(String::clone)),
        ("no tag", [&h, &key, &iv, &content, &String::new()].map(String::clone)),
        ("no content", [&h, &key, &iv, &String::new(), &tag].map(String::clone)),
        ("no key", [&h, &String::new(), &iv, &content, &tag].map(String::clone)),
        ("half a key", [&h, &of_bytes(128), &iv, &content, &tag].map(String::clone)),
        ("a key of zeros under no key", seal(&header, Vec::new(), &zeros, TEXT.as_bytes())),
        ("a key of zeros under garbage", seal(&header, vec![1; 256], &zeros, TEXT.as_bytes())),
        ("128 bits for A256GCM", seal(&header, RSA.wrap(&[7; 16]), &[7; 16], TEXT.as_bytes())),
        ("a wrapped key of zero bytes", seal(&header, RSA.wrap(&[]), &zeros, TEXT.as_bytes())),
    ];
    for (name, parts) in rows {
        assert_eq!(open(&parts.join("."), &agreed(&RSA)), Err("id_token_decryption"), "{name}");
    }
    // What is no text is no token.
    let token = RSA.encrypt(header, &[0xff, 0xfe]).join(".");
    assert_eq!(open(&token, &agreed(&RSA)), Err("id_token_decryption"));
}

// RFC 7518 section 4.6.1.1, and section 6.2.2 of RFC 8725: points that are on no curve give the key away.
#[test]
fn the_ephemeral_key_is_a_point_of_our_curve() {
    let ephemeral = PrivateKey::generate(&ECDH_P256).unwrap();
    let fine = jwk("P-256", &ephemeral);
    let other = jwk("P-256", &PrivateKey::generate(&ECDH_P256).unwrap());
    let x = fine["x"].as_str().unwrap();
    let longer = encode([&[0], URL_SAFE_NO_PAD.decode(x).unwrap().as_slice()].concat());
    let zeros = json!(encode([0; 32]));
    let rows = [
        ("missing", Value::Null, "id_token_encryption_header"),
        ("a text", json!("x"), "id_token_encryption_header"),
        ("of another kind", with(fine.clone(), "kty", json!("OKP")), "id_token_encryption_header"),
        ("a private key", with(fine.clone(), "d", json!("AA")), "id_token_encryption_header"),
        ("without curve", without(fine.clone(), "crv"), "id_token_encryption_header"),
        ("without x", without(fine.clone(), "x"), "id_token_encryption_header"),
        ("padded", with(fine.clone(), "x", json!("AA==")), "id_token_encryption_header"),
        ("of another curve", with(fine.clone(), "crv", json!("P-384")), "id_token_decryption"),
        ("on no curve", with(fine.clone(), "y", zeros.clone()), "id_token_decryption"),
        ("zero", with(with(fine.clone(), "x", zeros.clone()), "y", zeros), "id_token_decryption"),
        ("short", with(fine.clone(), "x", json!(encode([1; 31]))), "id_token_decryption"),
        ("long", with(fine.clone(), "x", json!(longer)), "id_token_decryption"),
        ("infinity", with(with(fine.clone(), "x", json!("")), "y", json!("")), "id_token_decryption"),
        ("of somebody else", other, "id_token_decryption"),
    ];
    for (name, epk, code) in rows {
        let header = with(P256.header("A256GCM"), "epk", epk);
        let token = P256.encrypt_by(&ephemeral, header, good().as_bytes()).join(".");
        assert_eq!(open(&token, &agreed(&P256)), Err(code), "{name}");
    }
    let token = P256.encrypt_by(&ephemeral, with(P256.header("A256GCM"), "epk", fine), good().as_bytes());
    assert_eq!(open(&token.join("."), &agreed(&P256)), Ok(good()), "nothing else was wrong with them");
    for party in ["apu", "apv"] {
        for value in [json!(1), json!("A=="), json!("+/")] {
            let token = P256.token(with(P256.header("A256GCM"), party, value.clone()), &good());
            assert_eq!(open(&token, &agreed(&P256)), Err("id_token_encryption_header"), "{party} {value}");
        }
    }
    // Direct agreement has no encrypted key.
    let mut parts = P256.encrypt(P256.header("A256GCM"), good().as_bytes());
    parts[1] = encode([0; 40]);
    assert_eq!(open(&parts.join("."), &agreed(&P256)), Err("id_token_decryption"));
}

#[test]
fn the_key_is_the_named_one_or_else_any_that_fits() {
    let (old, new) = (Recipient::p256(), &*P256);
    let both = encryption(&[&old, new, &P384, &RSA], ContentEncryption::A256Gcm);
    let name = |key: &Recipient| json!(DecryptionKey::read(key.pem().as_bytes()).unwrap().kid());
    for (to, kid, expected) in [
        (&old, Some(name(&old)), Ok(TEXT)),
        (new, Some(name(new)), Ok(TEXT)),
        (&*P384, Some(name(&P384)), Ok(TEXT)),
        (new, None, Ok(TEXT)),
        // A provider that was given PEM makes up a name of its own.
        (new, Some(json!("name-of-the-provider")), Ok(TEXT)),
        // Ours, but another one than it is encrypted to.
        (new, Some(name(&old)), Err("id_token_decryption")),
        // For RSA, which is not what is agreed here: no name of a key that could be meant.
        (new, Some(name(&RSA)), Ok(TEXT)),
        (&Recipient::p256(), None, Err("id_token_decryption")),
    ] {
        let header = to.header("A256GCM");
        let header = match &kid {
            Some(kid) => with(header, "kid", kid.clone()),
            None => header,
        };
        let opened = open(&to.token(header, TEXT), &both);
        assert_eq!(opened.as_deref(), expected.as_ref().copied(), "{kid:?}");
    }
}

#[test]
fn the_form_is_strict_and_the_length_is_limited() {
    let [h, key, iv, content, tag] = RSA.encrypt(RSA.header("A256GCM"), good().as_bytes());
    let whole = [&*h, &*key, &*iv, &*content, &*tag].join(".");
    let rows = [
        ("padding", format!("{whole}="), "id_token_encoding"),
        ("a line break", format!("{whole}\n"), "id_token_encoding"),
        ("a blank before", format!(" {whole}"), "id_token_encoding"),
        ("a padded header", format!("{h}=.{key}.{iv}.{content}.{tag}"), "id_token_encoding"),
        ("a key not base64url", format!("{h}.+/{key}.{iv}.{content}.{tag}"), "id_token_encoding"),
        ("four parts", format!("{h}.{key}.{iv}.{content}"), "id_token_parts"),
        ("six parts", format!("{whole}.a"), "id_token_parts"),
        ("nothing", String::new(), "id_token_parts"),
        ("JSON serialization", format!("{{\"ciphertext\":\"{content}\"}}"), "id_token_parts"),
        (
            "a header twice",
            format!("{}.{key}.{iv}.{content}.{tag}", encode(r#"{"alg":"x","alg":"y"}"#)),
            "id_token_unreadable",
        ),
        (
            "a header that is a list",
            format!("{}.{key}.{iv}.{content}.{tag}", encode("[]")),
            "id_token_unreadable",
        ),
        ("too long", format!("{whole}{}", "A".repeat(MAX_ENCRYPTED_BYTES)), "id_token_too_long"),
    ];
    for (name, token, code) in rows {
        assert_eq!(open(&token, &agreed(&RSA)), Err(code), "{name}");
    }
    // The longest signed token fits in.
    let longest = "x".repeat(vestibule::protocol::jws::MAX_TOKEN_BYTES);
    assert_eq!(open(&RSA.token(RSA.header("A256GCM"), &longest), &agreed(&RSA)), Ok(longest));
}

#[test]
fn no_fault_shows_what_is_secret() {
    let agreed = agreed(&RSA);
    let shown = format!("{agreed:?}");
    assert!(shown.contains(agreed.keys[0].kid()) && shown.len() < 250, "{shown}");
    let fault = jwt::decrypt(&Secret::new(good()), Some(&agreed)).unwrap_err();
    assert!(!fault.asks_for_new_keys(), "the provider's keys have no part in this");
}
