use bytes::Bytes;
use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use proptest::prelude::*;

use super::*;
use crate::request::workload::tests::spec_of;
use crate::request::{Moment, Workload, WorkloadSpec};

mod secrecy;

const SHOP: &str = r#"
[[session]]
name = "buy"
cookies = true

[[session.step]]
name = "cart"
method = "POST"
path = "/carts"
take = { cart = { json = "/id" }, csrf = { header = "X-Csrf" } }

[[session.step]]
name = "order"
path = "/carts/{cart}/order?n={index}"
headers = { X-Csrf = "{csrf}" }
body = '{"cart": "{cart}"}'
expect_status = 201
"#;

fn workload(scenario: &str, follows_redirects: bool) -> Workload {
    Workload::build(WorkloadSpec { follows_redirects, ..spec_of(scenario) }).unwrap()
}

/// One arrival, and what it was told last.
struct Arrival<'w> {
    workload: &'w Workload,
    walk: Walk,
    origin: u32,
}

impl<'w> Arrival<'w> {
    fn new(workload: &'w Workload) -> Self {
        Self { workload, walk: workload.walk(0), origin: workload.route(0).origin }
    }

    fn request(&self) -> Request<Bytes> {
        self.workload.request_of(0, None, Some((&self.walk, self.origin)), Moment::default()).request
    }

    fn hears(&mut self, status: u16, headers: &[(http::HeaderName, &str)], body: &str) -> Way {
        let request = self.request();
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        let (expectation, _) = self.workload.expectation_at(0, 0, self.walk.step());
        let good = expectation.judge(status, false, true);
        let way = self.workload.advance(
            &mut self.walk,
            0,
            0,
            Answered {
                status,
                headers: &headers,
                body: Cow::Borrowed(body.as_bytes()),
                is_good: matches!(good, crate::measure::Outcome::Ok { .. }),
                uri: request.uri(),
                method: request.method(),
                origin: self.origin,
                unix_s: 1_700_000_000,
            },
        );
        if let Way::Step(origin) | Way::Redirected(origin) = way {
            self.origin = origin;
        }
        way
    }
}

fn shown(request: &Request<Bytes>, name: http::HeaderName) -> &str {
    request.headers()[name].to_str().unwrap_or_default()
}

const CSRF: http::HeaderName = http::HeaderName::from_static("x-csrf");

#[test]
fn a_later_request_holds_what_an_earlier_answer_told() {
    let workload = workload(SHOP, false);
    let mut arrival = Arrival::new(&workload);
    assert_eq!((arrival.request().method(), arrival.request().uri().path()), (&Method::POST, "/carts"));
    assert!(arrival.request().headers().get(COOKIE).is_none());
    let told = [(CSRF, "c/1"), (SET_COOKIE, "sid=s1; Path=/")];
    assert_eq!(arrival.hears(200, &told, r#"{"id": "a b/7"}"#), Way::Step(0));
    let order = arrival.request();
    assert_eq!(order.uri(), "/carts/a%20b%2F7/order?n=0");
    assert_eq!((shown(&order, CSRF), shown(&order, COOKIE)), ("c/1", "sid=s1"));
    assert_eq!(order.body(), r#"{"cart": "a b/7"}"#);
    assert_eq!(arrival.hears(201, &[], ""), Way::Over);
    let secrets: Vec<_> =
        arrival.walk.secrets().into_iter().map(|secret| String::from_utf8(secret).unwrap()).collect();
    assert_eq!(secrets[..3], ["a b/7", "c/1", "s1"]);
    let text = workload.without_taken(b"bought a b/7, that is a%20b%2F7, as s1", &arrival.walk);
    assert_eq!(String::from_utf8(text).unwrap(), "bought ***, that is ***, as ***");
}

#[test]
fn a_session_ends_with_the_first_answer_that_is_not_as_expected() {
    let workload = workload(SHOP, false);
    let told = [(CSRF, "c")];
    assert_eq!(Arrival::new(&workload).hears(500, &told, r#"{"id": 1}"#), Way::Over);
    assert_eq!(Arrival::new(&workload).hears(200, &told, "{}"), Way::Missing("cart".to_owned()));
    assert_eq!(Arrival::new(&workload).hears(200, &[], r#"{"id": 1}"#), Way::Missing("csrf".to_owned()));
    // Without being asked to, nobody follows.
    assert_eq!(Arrival::new(&workload).hears(302, &[(LOCATION, "/x")], ""), Way::Over);
}

#[test]
fn redirects_are_followed_within_the_origins_of_the_load_and_not_for_ever() {
    let two = format!("{SHOP}\n[[endpoint]]\nname = \"b\"\nweight = 1\nurl = \"http://b.example:81/\"\n");
    let workload = workload(&two, true);
    let mut arrival = Arrival::new(&workload);
    assert_eq!(
        arrival.hears(302, &[(LOCATION, "done?x=1"), (SET_COOKIE, "a=1; Path=/")], ""),
        Way::Redirected(0)
    );
    let request = arrival.request();
    assert_eq!((request.method(), request.uri().to_string().as_str()), (&Method::GET, "/done?x=1"));
    assert_eq!((request.body().len(), shown(&request, COOKIE)), (0, "a=1"));
    // Elsewhere, with its own name and no cookie of ours.
    assert_eq!(arrival.hears(307, &[(LOCATION, "http://b.example:81/y")], ""), Way::Redirected(1));
    let request = arrival.request();
    assert_eq!(shown(&request, HOST), "b.example:81");
    assert!(request.headers().get(COOKIE).is_none());
    // The step is that of the cart still.
    assert_eq!(arrival.hears(200, &[(CSRF, "c")], r#"{"id": 7}"#), Way::Step(0));
    assert_eq!(
        (arrival.request().uri().path(), shown(&arrival.request(), HOST)),
        ("/carts/7/order", "a.example")
    );
    // 201 is what is expected; nobody named the origin c.
    let elsewhere = arrival.hears(302, &[(LOCATION, "http://c.example/")], "");
    assert_eq!(elsewhere, Way::NotFollowed(NotFollowed::Elsewhere));
    assert_eq!(Arrival::new(&workload).hears(302, &[], ""), Way::NotFollowed(NotFollowed::NoLocation));

    let mut looping = Arrival::new(&workload);
    let ways: Vec<Way> = (0..30).map(|_| looping.hears(308, &[(LOCATION, "/again")], "")).collect();
    let most = usize::from(MOST_REDIRECTS);
    assert_eq!(ways.iter().take_while(|way| **way == Way::Redirected(0)).count(), most);
    assert_eq!(ways[most], Way::NotFollowed(NotFollowed::TooMany));
    // The words know the number.
    assert!(NotFollowed::TooMany.words().ends_with(&format!(" {most}")));
}

#[test]
fn a_redirect_that_is_expected_by_name_is_a_good_answer() {
    let text = SHOP.replace(
        "take = { cart = { json = \"/id\" }, csrf = { header = \"X-Csrf\" } }",
        "expect_status = 302\ntake = { cart = { header = \"Location\" }, csrf = { cookie = \"c\" } }",
    );
    let workload = workload(&text, true);
    let mut arrival = Arrival::new(&workload);
    assert_eq!(arrival.hears(302, &[(LOCATION, "/x"), (SET_COOKIE, "c=1")], ""), Way::Step(0));
    assert_eq!(arrival.request().uri().path(), "/carts/%2Fx/order");
}

#[test]
fn a_value_stands_for_nothing_before_it_was_taken() {
    let refused = |text: &str, data: Option<&str>| {
        let data = data.map(|data| crate::request::DataTable::read(data.as_bytes(), "d.csv").unwrap());
        let spec = WorkloadSpec { data, ..spec_of(text) };
        Workload::build(spec).unwrap_err().to_string()
    };
    let early = refused(&SHOP.replace("\"/carts\"", "\"/carts/{cart}\""), None);
    assert!(early.starts_with("endpoint `buy, cart`, URL"), "{early}");
    assert!(early.ends_with("{cart} at character 8 has no value yet: step `cart` takes it from the answer to this very request"), "{early}");
    let swapped = SHOP.replace("name = \"order\"", "take = { id = { json = \"/id\" } }\nname = \"order\"");
    let early = refused(&swapped.replace("\"/carts\"", "\"/carts/{id}\""), None);
    assert!(early.ends_with("has no value yet: step `order` takes it, after this one"), "{early}");
    let secret = refused(&SHOP.replace("\"{csrf}\"", "\"{csrg}\""), None);
    assert!(secret.contains("{cart}, {csrf}") && !secret.contains("csrg"), "{secret}");
    let misspelt = refused(&SHOP.replace("/{cart}/", "/{card}/"), None);
    assert!(misspelt.contains("{card}") && misspelt.contains("those are {cart}, {csrf}"), "{misspelt}");
    let column = refused(SHOP, Some("cart\n1\n"));
    assert!(column.contains("{cart} is a column of the data file already"), "{column}");
    let told = |name: &str| {
        let data = crate::request::DataTable::of_one_row().with_told(&[name.to_owned()], |_, _| b"");
        Workload::build(WorkloadSpec { data: Some(data), ..spec_of(SHOP) })
    };
    let login = told("cart").unwrap_err().to_string();
    assert!(login.contains("the login takes {cart} already"), "{login}");
    assert!(told("token").is_ok());
    let many = "{cart}".repeat(6);
    let long = refused(&SHOP.replace("/{cart}/", &format!("/{many}/")), None);
    assert!(long.contains("so many values"), "{long}");
}

proptest! {
    /// Whatever answers say, in whatever order, a session sends a bounded number of requests that can be made.
    #[test]
    fn every_walk_ends(
        answers in prop::collection::vec((prop::sample::select(vec![200_u16, 201, 204, 301, 302, 303, 307, 308, 404, 500]), "[ -~]{0,12}", "[ -~]{0,20}"), 200),
    ) {
        let workload = workload(SHOP, true);
        let mut arrival = Arrival::new(&workload);
        let mut sent = 0;
        for (status, location, body) in answers {
            sent += 1;
            let body = if body.len() > 10 { format!("{{\"id\": {:?}}}", body) } else { body };
            match arrival.hears(status, &[(LOCATION, location.as_str()), (CSRF, "c"), (SET_COOKIE, location.as_str())], &body) {
                Way::Over | Way::NotFollowed(_) | Way::Missing(_) => break,
                Way::Step(_) | Way::Redirected(_) => prop_assert!(arrival.request().uri().path().starts_with('/')),
            }
        }
        prop_assert!(sent <= 2 * (1 + usize::from(MOST_REDIRECTS)));
    }
}
