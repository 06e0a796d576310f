//! Policies: who may do what to which resource, as rules over attributes.
//!
//! A [`Policy`] is a list of [`PolicyRule`]s. A rule applies if its actions, its resources, its scopes and all
//! of its [`PolicyCondition`]s match. A deny rule that applies overrides every allow rule, and if no rule applies
//! the action is denied.
//!
//! ```
//! use authx::policy::{AttributeValues, Policy, PolicyContext};
//! use serde_json::json;
//!
//! let policy: Policy = Policy::from_toml(
//!     r#"
//!     [[rules]]
//!     effect = "allow"
//!     actions = ["read"]
//!     resources = ["documents:*"]
//!
//!     [[rules]]
//!     effect = "deny"
//!     actions = ["*"]
//!     resources = ["documents:*"]
//!     conditions = [{ source = "resource", key = "owner.suspended", operator = "equals", value = true }]
//!     reason = "The owner is suspended"
//!     "#,
//!     "policies.toml",
//! )?;
//!
//! let attributes = AttributeValues::default().resource(json!({"owner": {"suspended": false}}));
//! assert!(policy.decide(&PolicyContext::new("read", "documents:1", &attributes)).allowed);
//! assert!(!policy.decide(&PolicyContext::new("write", "documents:1", &attributes)).allowed);
//!
//! let attributes = AttributeValues::default().resource(json!({"owner": {"suspended": true}}));
//! let decision = policy.decide(&PolicyContext::new("read", "documents:1", &attributes));
//! assert_eq!(decision.reason, "The owner is suspended");
//! # Ok::<(), authx::policy::PolicyFileError>(())
//! ```

mod attributes;
mod condition;
mod decision;
#[cfg(feature = "policy-files")]
mod file;
mod named;
mod rule;

pub use crate::error::PolicyFault;
pub use attributes::{
    Attribute, AttributePath, AttributeValues, Attributes, Circumstances, PolicyContext,
    PolicySource, default_subject,
};
pub use condition::{PolicyCondition, PolicyOperator};
pub use decision::{Policy, PolicyDecision, PolicyEvaluation, PolicyStep};
#[cfg(feature = "policy-files")]
pub use file::PolicyFileError;
pub use rule::{PolicyEffect, PolicyRule, pattern_covers};
