//! The settings about what the application gets beside headers of claims.

use std::time::Duration;

use super::{Entry, Finding, Form, List, Node, Place, Reader, Setting, Shape, Table, Value, Written};
use super::{not_a_table, unknown};

table! {
    /// `assertion` of a client: a JWT about whoever goes through, signed here, so that the application need not trust the network.
    AssertionAsWritten {
        /// The header that carries it, on every 200. For nobody it is empty.
        header: String, "`X-Auth-Assertion`", "Write the name of a header: header: X-Auth-Assertion";
        /// A file with the private key that signs it (ES256): P-256 in PEM (PKCS#8 or SEC1) or a JWK. Make one with
        /// `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out assertion.pem`. The public half is at
        /// `/oidc/<client>/assertion-keys.json`. A relative path is meant from the folder of clients.yaml.
        key_file: String, "needed", "Write the path of a file: key_file: assertion.pem";
        /// Further private keys, at most 8. They are published and sign nothing: the next key, until every application has learned it,
        /// or the last one, until nothing that it signed is good any more.
        further_key_files: List, "none", "Write: further_key_files: [next.pem]";
        /// How long an assertion is good: 10s to 300s. The same one goes to the application for up to half of that.
        lifetime: Duration, "`60s`", "Write: lifetime: 60s";
        /// The claims that it has beside `iss`, `sub`, `aud`, `iat`, `nbf`, `exp` and `idp`, as the provider sent them: names, or paths with
        /// dots, under which they are in it too. `[]` for none.
        claims: List, "those of `extra_claim_headers`; of an access token, those of its issuer", "Write: claims: [email, groups]";
    }
}
