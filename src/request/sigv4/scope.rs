//! Where a signature holds: a region and a service.

use std::str::FromStr;

/// Region and service, as in `eu-central-1:execute-api`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningScope {
    region: String,
    service: String,
}

/// Why a text is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Not two parts, nor four.
    #[error(
        "write it as REGION:SERVICE, such as eu-central-1:execute-api or us-east-1:s3 (curl's aws:amz:REGION:SERVICE \
         will do as well)"
    )]
    Form,
    /// Curl's form for another provider than AWS.
    #[error("only the signatures of AWS are made here: aws:amz:REGION:SERVICE, or REGION:SERVICE")]
    Provider,
}

impl SigningScope {
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// Whether it is S3, or speaks as S3 does: its paths are encoded once, and the hash of the body is a header.
    pub(super) fn is_s3(&self) -> bool {
        self.service == "s3" || self.service == "s3express" || self.service.starts_with("s3-")
    }

    /// The scope on a day: `20150830/us-east-1/service/aws4_request`.
    pub(super) fn of_day(&self, day: [u8; 8]) -> String {
        let day = day.map(char::from);
        let mut text: String = day.iter().collect();
        for part in [&self.region, &self.service, "aws4_request"] {
            text.push('/');
            text.push_str(part);
        }
        text
    }
}

impl FromStr for SigningScope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let is_name = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !parts.iter().all(|part| is_name(part)) {
            return Err(ScopeError::Form);
        }
        let (region, service) = match parts[..] {
            // Of curl's form only the providers, and no region.
            ["aws", "amz"] => return Err(ScopeError::Form),
            [region, service] | ["aws", "amz", region, service] => (region, service),
            [_, _, _, _] => return Err(ScopeError::Provider),
            _ => return Err(ScopeError::Form),
        };
        // Names of regions and services are in small letters, and signed so.
        Ok(Self { region: region.to_ascii_lowercase(), service: service.to_ascii_lowercase() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_in_our_form_and_in_that_of_curl() {
        let of = |text: &str| text.parse::<SigningScope>().map(|scope| scope.of_day(*b"20150830"));
        assert_eq!(of("us-east-1:s3").as_deref(), Ok("20150830/us-east-1/s3/aws4_request"));
        assert_eq!(
            of("aws:amz:eu-west-2:execute-api").as_deref(),
            Ok("20150830/eu-west-2/execute-api/aws4_request")
        );
        for text in ["", "s3", "us-east-1:", ":s3", "a:b:c", "aws:amz", "us east:s3", "a/b:s3"] {
            assert_eq!(of(text), Err(ScopeError::Form), "{text}");
        }
        assert_eq!(of("goog:goog4:auto:storage"), Err(ScopeError::Provider));
    }

    #[test]
    fn what_speaks_as_s3_is_known() {
        let is_s3 = |service: &str| format!("r:{service}").parse::<SigningScope>().unwrap().is_s3();
        assert!(is_s3("s3") && is_s3("s3-outposts") && is_s3("s3express"));
        assert!(!is_s3("execute-api") && !is_s3("s3tables"));
    }
}
