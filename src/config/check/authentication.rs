//! How a client proves itself: at most one proof, and a method that goes with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Judge;
use super::secret::{self, Provider};
use crate::config::file::{AuthenticationMethod, ClientAsWritten};
use crate::config::form::{At, List, Written};
use crate::config::place::Place;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::source::Contents;
use crate::protocol::assertion::{self, ClientKeys, MacKey};
use crate::protocol::private_key::PrivateKeyFault;
use crate::protocol::registration::{ClientAuthentication, SigningAlgorithm};
use crate::protocol::secret::Secret;
use crate::protocol::signing_key::SigningKey;
use crate::protocol::tls_identity::TlsIdentity;

/// What a client has to show.
enum Proof {
    Nothing,
    Secret(Secret),
    Keys(Arc<ClientKeys>),
    Certificate(Arc<TlsIdentity>),
    AssertionFile(PathBuf),
}

/// Judges the settings about a client's proof.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    provider: Provider,
) -> Option<ClientAuthentication> {
    let proofs = [
        ("client_secret", place_of(&written.client_secret)),
        ("client_secret_file", place_of(&written.client_secret_file)),
        ("client_secret_env", place_of(&written.client_secret_env)),
        ("client_key_file", place_of(&written.client_key_file)),
        ("client_certificate_file", place_of(&written.client_certificate_file)),
        ("client_assertion_file", place_of(&written.client_assertion_file)),
    ];
    let mut given = proofs.iter().filter_map(|(key, place)| Some((*key, place.clone()?)));
    let first = given.next().map(|(key, _)| key);
    if let (Some(first), Some((_, (place, path)))) = (first, given.next()) {
        return judge.refuse(Problem::new(place, &path, Finding::SecondProof { first }));
    }
    let method = match &written.token_endpoint_auth_method {
        Written::Broken => return None,
        Written::Absent => None,
        Written::Given(at) => Some(at),
    };
    let whole = nothing_is_idle(judge, written, method.map(|at| at.value.0));
    let proof = proof(judge, written, provider)?;
    let Some(at) = whole.then_some(method)? else {
        return Some(match proof {
            Proof::Nothing => ClientAuthentication::None,
            Proof::Secret(secret) => ClientAuthentication::AsAnnounced(secret),
            Proof::Keys(keys) => ClientAuthentication::PrivateKeyJwt(keys),
            Proof::Certificate(identity) => ClientAuthentication::MutualTls(identity),
            Proof::AssertionFile(path) => ClientAuthentication::AssertionFile(path),
        });
    };
    use AuthenticationMethod as Method;
    Some(match (at.value.0, proof) {
        (Method::None, Proof::Nothing) => ClientAuthentication::None,
        (Method::Basic, Proof::Secret(secret)) => ClientAuthentication::Basic(secret),
        (Method::Post, Proof::Secret(secret)) => ClientAuthentication::Post(secret),
        (Method::SecretJwt, Proof::Secret(secret)) => {
            ClientAuthentication::SecretJwt(mac_key(judge, written, at, secret)?)
        }
        (Method::PrivateKeyJwt, Proof::Keys(keys)) => ClientAuthentication::PrivateKeyJwt(keys),
        (Method::PrivateKeyJwt, Proof::AssertionFile(path)) => ClientAuthentication::AssertionFile(path),
        (Method::Tls | Method::SelfSignedTls, Proof::Certificate(identity)) => {
            ClientAuthentication::MutualTls(identity)
        }
        (method, Proof::Nothing) => {
            return judge.refuse(at.problem(Finding::ProofNeeded { add: method.needs() }));
        }
        (method, proof) => {
            let (given, methods, needs) = (first.unwrap_or_default(), proof.methods(), method.needs());
            return judge.refuse(at.problem(Finding::ProofUnfit { given, methods, needs }));
        }
    })
}

impl Proof {
    /// What may be written where this is the proof.
    const fn methods(&self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Secret(_) => "client_secret_basic, client_secret_post or client_secret_jwt",
            Self::Keys(_) | Self::AssertionFile(_) => "private_key_jwt",
            Self::Certificate(_) => "tls_client_auth or self_signed_tls_client_auth",
        }
    }
}

fn place_of<T>(written: &Written<T>) -> Option<(Place, String)> {
    written.given().map(|at| (at.place.clone(), at.path.clone()))
}

fn proof(judge: &mut Judge<'_>, written: &ClientAsWritten, provider: Provider) -> Option<Proof> {
    match (&written.client_key_file, &written.client_certificate_file, &written.client_assertion_file) {
        (Written::Given(at), _, _) => keys(judge, written, at).map(|keys| Proof::Keys(Arc::new(keys))),
        (_, Written::Given(at), _) => {
            certificate(judge, written, at).map(|identity| Proof::Certificate(Arc::new(identity)))
        }
        (_, _, Written::Given(at)) => assertion_file(judge, at).map(Proof::AssertionFile),
        (Written::Absent, Written::Absent, Written::Absent) => {
            Some(secret::client_secret(judge, written, provider)?.map_or(Proof::Nothing, Proof::Secret))
        }
        _ => None,
    }
}

/// Whether every setting that goes with another has that one. One that does nothing is most likely meant to.
fn nothing_is_idle(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    method: Option<AuthenticationMethod>,
) -> bool {
    let (key, certificate) = (&written.client_key_file, &written.client_certificate_file);
    let signs = !key.is_absent() || method == Some(AuthenticationMethod::SecretJwt);
    let pairs = [
        (place_of(&written.client_key_id), !key.is_absent(), "client_key_file"),
        (place_of(&written.client_further_key_files), !key.is_absent(), "client_key_file"),
        (place_of(&written.client_certificate_key_file), !certificate.is_absent(), "client_certificate_file"),
        (
            place_of(&written.token_endpoint_auth_signing_alg),
            signs,
            "client_key_file or token_endpoint_auth_method: client_secret_jwt",
        ),
    ];
    let mut whole = true;
    for (place, partner, needs) in pairs {
        if let Some((place, path)) = place
            && !partner
        {
            judge.problems.push(Problem::new(place, &path, Finding::Idle { needs }));
            whole = false;
        }
    }
    whole
}

/// `client_secret_jwt`.
fn mac_key(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    method: &At<impl Sized>,
    secret: Secret,
) -> Option<MacKey> {
    let written = written.token_endpoint_auth_signing_alg.given();
    let algorithm = written.map_or(SigningAlgorithm::Hs256, |at| at.value.0);
    if let (Some(at), None) = (written, algorithm.secret_bytes()) {
        let write = "HS256, HS384 or HS512";
        return judge.refuse(at.problem(Finding::AlgorithmUnfit { of: "client_secret_jwt", write }));
    }
    let (bytes, needed) = (secret.len(), algorithm.secret_bytes().unwrap_or_default());
    let name = algorithm.name();
    let short = || method.problem(Finding::ShortMacSecret { bytes, needed, algorithm: name });
    MacKey::new(secret, algorithm).or_else(|| judge.refuse(short()))
}

/// `private_key_jwt`: the key that signs, and those that are published beside it.
fn keys(judge: &mut Judge<'_>, written: &ClientAsWritten, at: &At<String>) -> Option<ClientKeys> {
    let algorithm = match &written.token_endpoint_auth_signing_alg {
        Written::Broken => return None,
        Written::Absent => None,
        Written::Given(alg) if alg.value.0.secret_bytes().is_some() => {
            let write = "RS256, PS256, ES256, ES384, EdDSA or what else the key signs by";
            return judge.refuse(alg.problem(Finding::AlgorithmUnfit { of: "client_key_file", write }));
        }
        Written::Given(alg) => Some((alg.value.0, alg)),
    };
    let kid = match &written.client_key_id {
        Written::Broken => return None,
        Written::Absent => None,
        Written::Given(kid) => {
            // It goes into a header of at most 16 KiB, and providers show it to people.
            if kid.value.len() > MAX_KEY_ID || kid.value.chars().any(char::is_control) {
                return judge.refuse(kid.problem(Finding::StrangeKeyId));
            }
            Some(kid.value.as_str())
        }
    };
    let contents = file(judge, at)?;
    let signing = match SigningKey::read(&contents.bytes, kid, algorithm.map(|(algorithm, _)| algorithm)) {
        Ok(key) => key,
        Err(fault) => return judge.refuse(key_problem(at, algorithm.map(|(_, alg)| alg), fault)),
    };
    let mut others: Vec<SigningKey> = Vec::new();
    for at in written.client_further_key_files.or(List::default()).0 {
        let contents = file(judge, &at)?;
        let key = match SigningKey::read(&contents.bytes, None, None) {
            Ok(key) => key,
            Err(fault) => return judge.refuse(key_problem::<()>(&at, None, fault)),
        };
        // Two keys of one name could not be told apart by whoever verifies.
        if others.iter().chain([&signing]).any(|other| other.kid() == key.kid()) {
            return judge.refuse(at.problem(Finding::KeyTwice { kid: key.kid().to_owned() }));
        }
        others.push(key);
    }
    Some(ClientKeys::new(signing, others))
}

/// An algorithm that the key does not sign by is the mistake of whoever wrote it, if somebody did.
fn key_problem<T>(file: &At<String>, written: Option<&At<T>>, fault: PrivateKeyFault) -> Problem {
    let finding = Finding::ClientKey { found: file.value.clone(), fault };
    match (fault, written) {
        (PrivateKeyFault::Algorithm(_), Some(at)) => at.problem(finding),
        _ => file.problem(finding),
    }
}

fn certificate(judge: &mut Judge<'_>, written: &ClientAsWritten, at: &At<String>) -> Option<TlsIdentity> {
    let certificate = read(judge, at)?;
    let key = match &written.client_certificate_key_file {
        Written::Broken => return None,
        Written::Absent => {
            secret::warn_if_open(judge, at, &certificate);
            None
        }
        Written::Given(at) => Some((file(judge, at)?, at)),
    };
    match TlsIdentity::read(&certificate.bytes, key.as_ref().map(|(key, _)| key.bytes.as_slice())) {
        Ok(identity) => Some(identity),
        Err(fault) => {
            let at = key.filter(|_| fault.is_about_the_key()).map_or(at, |(_, at)| at);
            judge.refuse(at.problem(Finding::ClientCertificate { found: at.value.clone(), fault }))
        }
    }
}

/// It is read again for each request; that there is one now is looked at once, for it is most likely a mistake if not.
fn assertion_file(judge: &mut Judge<'_>, at: &At<String>) -> Option<PathBuf> {
    let contents = file(judge, at)?;
    let text = Secret::new(String::from_utf8_lossy(&contents.bytes));
    match assertion::from_file(&text, None) {
        Ok(_) => Some(judge.files.locate(Path::new(&at.value))),
        Err(fault) => judge.refuse(at.problem(Finding::Assertion { found: at.value.clone(), fault })),
    }
}

fn file(judge: &mut Judge<'_>, at: &At<String>) -> Option<Contents> {
    let contents = read(judge, at)?;
    secret::warn_if_open(judge, at, &contents);
    Some(contents)
}

fn read(judge: &mut Judge<'_>, at: &At<String>) -> Option<Contents> {
    match judge.files.read(Path::new(&at.value)) {
        Ok(contents) => Some(contents),
        Err(fault) => judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault })),
    }
}

/// Bytes of a `kid`.
const MAX_KEY_ID: usize = 256;
