//! Encrypts tokens as a provider does (RFC 7516 section 5.1), and in every wrong way that a test wants.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Whoever is encrypted to: the relying party, with its private key.
pub(crate) enum Recipient {
    Rsa(PrivateDecryptingKey),
    Elliptic(&'static str, PrivateKey),
}

impl Recipient {
    pub(crate) fn rsa() -> Self {
        Self::Rsa(PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn p256() -> Self {
        Self::Elliptic("P-256", PrivateKey::generate(&ECDH_P256).unwrap())
    }

    pub(crate) fn p384() -> Self {
        Self::Elliptic("P-384", PrivateKey::generate(&ECDH_P384).unwrap())
    }

    /// The private key, as a file has it.
    pub(crate) fn pem(&self) -> String {
        let der = match self {
            Self::Rsa(key) => AsDer::<Pkcs8V1Der<'_>>::as_der(key).unwrap(),
            Self::Elliptic(_, key) => AsDer::<Pkcs8V1Der<'_>>::as_der(key).unwrap(),
        };
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
    }

    /// A header with which everything is right.
    pub(crate) fn header(&self, enc: &str) -> Value {
        match self {
            Self::Rsa(_) => json!({ "alg": "RSA-OAEP-256", "enc": enc, "cty": "JWT" }),
            Self::Elliptic(..) => json!({ "alg": "ECDH-ES", "enc": enc, "cty": "JWT" }),
        }
    }

    /// The five parts. The key is of the length that `enc` asks for.
    pub(crate) fn encrypt(&self, header: Value, text: &[u8]) -> [String; 5] {
        let curve = if matches!(self, Self::Elliptic("P-384", _)) { &ECDH_P384 } else { &ECDH_P256 };
        self.encrypt_by(&PrivateKey::generate(curve).unwrap(), header, text)
    }

    /// The same with a given ephemeral key; its public half is in the header, unless that has an `epk` already.
    pub(crate) fn encrypt_by(&self, ephemeral: &PrivateKey, mut header: Value, text: &[u8]) -> [String; 5] {
        let bytes = if header["enc"] == "A128GCM" { 16 } else { 32 };
        match self {
            Self::Rsa(_) => {
                let key = vec![7; bytes];
                let encrypted_key = self.wrap(&key);
                seal(&header, encrypted_key, &key, text)
            }
            Self::Elliptic(curve, private) => {
                let algorithm = if *curve == "P-384" { &ECDH_P384 } else { &ECDH_P256 };
                if header.get("epk").is_none() {
                    header["epk"] = jwk(curve, ephemeral);
                }
                let to = UnparsedPublicKey::new(algorithm, private.compute_public_key().unwrap());
                let shared = agreement::agree(ephemeral, to, (), |shared| Ok(shared.to_vec())).unwrap();
                let party = |name: &str| {
                    URL_SAFE_NO_PAD.decode(header[name].as_str().unwrap_or_default()).unwrap_or_default()
                };
                let enc = header["enc"].as_str().unwrap_or_default().as_bytes();
                let key = concat_kdf(&shared, enc, &party("apu"), &party("apv"), bytes);
                seal(&header, Vec::new(), &key, text)
            }
        }
    }

    /// The finished token.
    pub(crate) fn token(&self, header: Value, text: &str) -> String {
        self.encrypt(header, text.as_bytes()).join(".")
    }

    /// RSAES-OAEP with SHA-256.
    pub(crate) fn wrap(&self, key: &[u8]) -> Vec<u8> {
        let Self::Rsa(private) = self else { panic!("only RSA wraps") };
        let public = OaepPublicEncryptingKey::new(private.public_key()).unwrap();
        let mut wrapped = vec![0; public.ciphertext_size()];
        public.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None).unwrap().to_vec()
    }
}

/// The five parts around a content that is sealed with this key.
pub(crate) fn seal(header: &Value, encrypted_key: Vec<u8>, key: &[u8], text: &[u8]) -> [String; 5] {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
    let iv = [5; 12];
    let mut content = text.to_vec();
    let tag = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap())
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(header.as_bytes()),
            &mut content,
        )
        .unwrap();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    [header, encode(&encrypted_key), encode(&iv), encode(&content), encode(tag.as_ref())]
}

/// The public half of a key on a curve.
pub(crate) fn jwk(curve: &str, key: &PrivateKey) -> Value {
    let point = key.compute_public_key().unwrap();
    let (x, y) = point.as_ref()[1..].split_at((point.as_ref().len() - 1) / 2);
    json!({ "kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}

/// RFC 7518 section 4.6.2, written a second time.
fn concat_kdf(shared: &[u8], enc: &[u8], party_u: &[u8], party_v: &[u8], bytes: usize) -> Vec<u8> {
    let mut input = [&[0, 0, 0, 1], shared].concat();
    for text in [enc, party_u, party_v] {
        input.extend((text.len() as u32).to_be_bytes());
        input.extend(text);
    }
    input.extend((bytes as u32 * 8).to_be_bytes());
    digest(&SHA256, &input).as_ref()[..bytes].to_vec()
}
