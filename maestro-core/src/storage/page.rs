//! Page tokens and the order of lists, the same for every backend.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::model::Timestamp;
use crate::storage::{ListOrder, ListQuery, RecordKey};

/// What places a record in every order. Ties are broken by tenant, text is compared by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageKey {
    /// The record's id.
    #[serde(rename = "i")]
    pub(crate) id: String,
    /// Its tenant, which matters only when a list spans them.
    #[serde(rename = "t")]
    pub(crate) tenant_id: TenantId,
    /// Its priority.
    #[serde(rename = "p")]
    pub(crate) priority: i32,
    /// When it is due.
    #[serde(rename = "d")]
    pub(crate) due_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Token {
    #[serde(rename = "q")]
    query: String,
    #[serde(flatten)]
    last: PageKey,
}

impl PageKey {
    /// The place of a record.
    pub(crate) fn new(key: &RecordKey, priority: i32, due_at: Option<Timestamp>) -> Self {
        Self { id: key.id.clone(), tenant_id: key.tenant_id.clone(), priority, due_at }
    }

    /// Which of two comes first.
    pub(crate) fn compare(&self, other: &Self, order: ListOrder) -> Ordering {
        let by_id = || (&self.id, &self.tenant_id).cmp(&(&other.id, &other.tenant_id));
        match order {
            ListOrder::Oldest => by_id(),
            ListOrder::Newest => by_id().reverse(),
            ListOrder::Priority => other.priority.cmp(&self.priority).then_with(by_id),
            ListOrder::Due => {
                // `false` sorts first: those with a time.
                let due = |key: &Self| (key.due_at.is_none(), key.due_at);
                due(self).cmp(&due(other)).then_with(by_id)
            }
        }
    }
}

/// The token of the page that starts after `last`.
pub(crate) fn pack(query: &ListQuery, last: PageKey) -> String {
    let token = Token { query: fingerprint(query), last };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
}

/// Where the page of a token starts: after this row.
///
/// # Errors
/// `InvalidArgument` when the token was not made by [`pack`], or for a query that differs in more
/// than its limit.
pub(crate) fn unpack(token: &str, query: &ListQuery) -> Result<PageKey> {
    let token: Token = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Error::invalid("page_token", "is not one that this library made"))?;
    if token.query == fingerprint(query) {
        Ok(token.last)
    } else {
        Err(Error::invalid("page_token", "was made for another query"))
    }
}

fn fingerprint(query: &ListQuery) -> String {
    let same_for_all_pages = ListQuery { limit: 0, page_token: None, ..query.clone() };
    let json = serde_json::to_vec(&same_for_all_pages).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(&Sha256::digest(json)[..9])
}
