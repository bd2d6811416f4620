//! curl's words for a request, where they do not collide with ours.

use clap::Args;

/// A request as curl's users write it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
pub(crate) struct WordsArgs {
    /// User and password for Basic authentication
    #[arg(short, long, value_name = "USER:PASSWORD", hide_env_values = true)]
    pub user: Option<String>,
    /// A bearer token, as Authorization
    #[arg(long, value_name = "TOKEN", hide_env_values = true)]
    pub oauth2_bearer: Option<String>,
    /// Cookies, 'a=1; b=2'
    #[arg(short = 'b', long, value_name = "TEXT", hide_env_values = true)]
    pub cookie: Option<String>,
    /// The User-Agent
    #[arg(short = 'A', long, value_name = "TEXT")]
    pub user_agent: Option<String>,
    /// The Referer
    #[arg(short = 'e', long, value_name = "URL", hide_env_values = true)]
    pub referer: Option<String>,
    /// Follow redirects, up to 20 of each request [default: a redirect is an answer like any other]
    ///
    /// Their time is part of the response time, and the report says how many there were. Followed as browsers do: POST becomes GET
    /// after 301, 302 and 303. Only to origins that a URL of the load names: nobody asked to load others. A status of
    /// --expect-status is not followed.
    #[arg(short = 'L', long)]
    pub location: bool,
    /// Ask for compressed answers; they are decoded only for --expect-*, off the clock
    #[arg(long)]
    pub compressed: bool,
    /// A JSON body, or @FILE, with the headers for it
    #[arg(long, value_name = "TEXT|@FILE", hide_env_values = true)]
    pub json: Option<String>,
    /// A body as of a form: Content-Type is application/x-www-form-urlencoded; several are joined with &
    #[arg(long, value_name = "TEXT", hide_env_values = true)]
    pub data_raw: Vec<String>,
    /// The same, or @FILE
    #[arg(long, value_name = "TEXT|@FILE", hide_env_values = true)]
    pub data_binary: Vec<String>,
    /// The same, percent-encoded: NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", hide_env_values = true)]
    pub data_urlencode: Vec<String>,
    /// A part of a form with files (multipart/form-data): NAME=VALUE, NAME=@FILE, NAME=<FILE, each perhaps with ;type=TYPE or
    /// ;filename=NAME behind it; repeatable
    ///
    /// The same form is sent each time.
    #[arg(short = 'F', long, value_name = "NAME=VALUE", hide_env_values = true)]
    pub form: Vec<String>,
    /// A part of such a form that is sent as it stands, whatever it begins with
    #[arg(long, value_name = "NAME=VALUE", hide_env_values = true)]
    pub form_string: Vec<String>,
}
