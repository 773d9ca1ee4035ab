//! What is agreed with the provider about encrypted tokens, and our keys that open them.

use std::path::Path;
use std::sync::Arc;

use super::{At as Table, Judge, secret};
use crate::config::file::ClientAsWritten;
use crate::config::form::{At, List, Written};
use crate::config::kind::Choice;
use crate::config::problem::Finding;
use crate::protocol::decryption_key::DecryptionKey;
use crate::protocol::jwe::{Encryption, MAX_DECRYPTION_KEYS};
use crate::protocol::registration::{ContentEncryption, KeyManagement};

/// How tokens for a client are encrypted.
pub(super) struct Encryptions {
    /// ID tokens; none if they are not.
    pub(super) id_token: Option<Encryption>,
    /// Userinfo, likewise.
    pub(super) userinfo: Option<Encryption>,
}

/// `alg` and `enc` as written, and where the first stands.
type Pair<'a> = (&'a At<Choice<KeyManagement>>, ContentEncryption);

/// Judges what belongs together: `alg`, `enc` and keys; and that what is encrypted is signed too.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    table: &Table<'_>,
) -> Option<Encryptions> {
    let id_token = pair(
        judge,
        table,
        (&written.id_token_encrypted_response_alg, "id_token_encrypted_response_alg"),
        (&written.id_token_encrypted_response_enc, "id_token_encrypted_response_enc"),
    );
    let userinfo = pair(
        judge,
        table,
        (&written.userinfo_encrypted_response_alg, "userinfo_encrypted_response_alg"),
        (&written.userinfo_encrypted_response_enc, "userinfo_encrypted_response_enc"),
    );
    let keys = keys(judge, &written.decryption_key_files);
    let (id_token, userinfo, keys) = (id_token?, userinfo?, keys?);
    if let Some((alg, _)) = userinfo
        && written.userinfo_signed_response_alg.is_absent()
    {
        return judge.refuse(alg.problem(Finding::EncryptedNotSigned));
    }
    let algorithms: Vec<KeyManagement> =
        [id_token, userinfo].into_iter().flatten().map(|(alg, _)| alg.value.0).collect();
    for (key, at) in keys.iter().filter(|(key, _)| !algorithms.contains(&key.algorithm())) {
        let finding = Finding::KeyUnused { found: at.value.clone(), algorithm: key.algorithm().name() };
        judge.problems.push(at.problem(finding));
    }
    let keys: Arc<[DecryptionKey]> = keys.into_iter().map(|(key, _)| key).collect();
    let mut agreed = |pair: Option<Pair<'_>>| {
        let Some((alg, content)) = pair else { return Some(None) };
        let algorithm = alg.value.0;
        if !keys.iter().any(|key| key.algorithm() == algorithm) {
            return judge.refuse(alg.problem(Finding::DecryptionKeyNeeded { algorithm: algorithm.name() }));
        }
        Some(Some(Encryption { algorithm, content, keys: Arc::clone(&keys) }))
    };
    let (id_token, userinfo) = (agreed(id_token), agreed(userinfo));
    Some(Encryptions { id_token: id_token?, userinfo: userinfo? })
}

/// Both or neither. The default of the specification for `enc` is one that is not offered, so none is taken for granted.
fn pair<'a>(
    judge: &mut Judge<'_>,
    table: &Table<'_>,
    (alg, alg_key): (&'a Written<Choice<KeyManagement>>, &'static str),
    (enc, enc_key): (&Written<Choice<ContentEncryption>>, &'static str),
) -> Option<Option<Pair<'a>>> {
    match (alg, enc) {
        (Written::Broken, _) | (_, Written::Broken) => None,
        (Written::Absent, Written::Absent) => Some(None),
        (Written::Given(alg), Written::Given(enc)) => Some(Some((alg, enc.value.0))),
        (Written::Given(_), Written::Absent) => judge.missing(table, enc_key),
        (Written::Absent, Written::Given(enc)) => {
            judge.refuse(enc.problem(Finding::EncWithoutAlg { alg: alg_key }))
        }
    }
}

/// The keys, each with where its file is named.
fn keys<'a>(
    judge: &mut Judge<'_>,
    written: &'a Written<List>,
) -> Option<Vec<(DecryptionKey, &'a At<String>)>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Absent => return Some(Vec::new()),
        Written::Broken => return None,
    };
    if at.value.0.is_empty() {
        let write = "Write: decryption_key_files: [decryption.pem], or leave it out.".to_owned();
        return judge.refuse(at.problem(Finding::Empty { write }));
    }
    if at.value.0.len() > MAX_DECRYPTION_KEYS {
        return judge.refuse(at.problem(Finding::TooManyKeys(MAX_DECRYPTION_KEYS)));
    }
    let mut keys: Vec<(DecryptionKey, &At<String>)> = Vec::new();
    let mut broken = false;
    for item in &at.value.0 {
        match key(judge, item) {
            Some(key) if keys.iter().any(|(other, _)| other.kid() == key.kid()) => {
                judge.problems.push(item.problem(Finding::KeyFileTwice { found: item.value.clone() }));
                broken = true;
            }
            Some(key) => keys.push((key, item)),
            None => broken = true,
        }
    }
    (!broken).then_some(keys)
}

fn key(judge: &mut Judge<'_>, at: &At<String>) -> Option<DecryptionKey> {
    let contents = match judge.files.read(Path::new(&at.value)) {
        Ok(contents) => contents,
        Err(fault) => return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault })),
    };
    secret::warn_if_open(judge, at, &contents);
    match DecryptionKey::read(&contents.bytes) {
        Ok(key) => Some(key),
        Err(fault) => judge.refuse(at.problem(Finding::NotADecryptionKey { found: at.value.clone(), fault })),
    }
}
