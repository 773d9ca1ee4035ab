//! The protocol layer, one file for each section of a specification that it pins. No runtime, no clock, no network: keys are
//! made when the tests start, time is a number.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod backchannel_logout_2_6_logout_token;
mod backchannel_url;
mod encrypter;
mod messages;
mod oidc_core_12_2_refresh;
mod oidc_core_3_1_2_1_authorization_request;
mod oidc_core_3_1_3_7_id_token;
mod oidc_core_3_1_3_7_requested;
mod oidc_core_4_initiate_login;
mod oidc_core_5_3_2_signed_userinfo;
mod oidc_core_5_3_userinfo;
mod oidc_discovery_4_3_metadata;
mod properties;
mod refusal_codes;
mod rfc6749_2_3_1_client_authentication;
mod rfc6749_4_1_2_authorization_response;
mod rfc6749_5_token_response;
mod rfc7009_2_revocation;
mod rfc7468_5_authorities;
mod rfc7515_5_2_signature;
mod rfc7516_5_2_decryption;
mod rfc7517_4_client_key;
mod rfc7517_4_decryption_key;
mod rfc7517_5_key_set;
mod rfc7523_3_client_assertion;
mod rfc7591_3_dynamic_registration;
mod rfc7636_4_pkce;
mod rfc7662_2_introspection;
mod rfc8259_strict_json;
mod rfc8705_2_mutual_tls;
mod rfc8705_3_certificate_bound;
mod rfc8725_3_12_kinds_of_token;
mod rfc9110_6_6_1_date;
mod rfc9126_2_pushed_authorization_request;
mod rfc9207_2_issuer_in_response;
mod rfc9449_4_3_dpop_proof;
mod rfc9701_5_signed_introspection;
mod rp_initiated_logout_2;
mod signer;
mod templated_issuer;
mod world;
