//! Why a redirect ended an arrival that follows redirects.

/// Why a redirect was not followed although redirects are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFollowed {
    /// It leads to an origin that no URL of the load names.
    Elsewhere,
    /// As many redirects as one request follows came before it.
    TooMany,
    /// It does not say where it leads, or in a way that is no URL of HTTP.
    NoLocation,
}

impl NotFollowed {
    const ALL: [Self; 3] = [Self::Elsewhere, Self::TooMany, Self::NoLocation];

    /// As the sample of such an arrival says it. Where it leads is not repeated: it may be secret.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Elsewhere => "it leads to an origin that the load does not name",
            Self::TooMany => "it is one redirect too many after 20",
            Self::NoLocation => "it has no Location that can be read",
        }
    }

    /// The reason that a sample gives.
    pub(crate) fn of_words(words: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.words() == words)
    }

    /// What to do about it.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::Elsewhere => {
                "give the URL that it leads to, or name its origin in the load, such as in an [[endpoint]] of weight 0"
            }
            Self::TooMany => "does it lead in a circle? Give the URL at which it should end",
            Self::NoLocation => {
                "give the URL that it should lead to; why it does not, the service's own log may tell"
            }
        }
    }
}
