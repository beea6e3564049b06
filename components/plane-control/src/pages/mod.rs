//! Pages for people: the same things that the API has, for a browser, with forms that need no script.
//!
//! They are routes like the others, checked by the same router; `openapi.json` is for programs and does not list them. A page asks nobody
//! but this server for anything. What authors wrote is shown in a sandboxed frame, which is of no origin.

mod book;
mod edit;
mod history;
mod home;
mod layout;
mod login;
mod publish;
mod runs;

use plane_http::answer::Answer;
use plane_http::request::pairs;

pub use layout::{assets, problem};

use crate::shapes as s;
use crate::table::{Gives, Param, Route, Scope, Takes, routes};

const NEXT: Param = Param { name: "next", shape: s::TEXT, about: "where to go afterwards" };
const AFTER: Param = Param { name: "after", shape: s::LINE, about: "items after this one" };
const BEFORE_ID: Param = Param { name: "before", shape: s::LINE, about: "runs before this one" };
const BEFORE: Param = Param { name: "before", shape: s::COUNT, about: "changes before this one" };

const READ: Scope = Scope::Of("read");
const WRITE: Scope = Scope::Of("write");
const RUN: Scope = Scope::Of("run");
const PUBLISH: Scope = Scope::Of("publish");
const HTML: &str = "text/html; charset=utf-8";

use Gives::Media;
use Scope::Open;
use Takes::{Form, Nothing};

/// All of them.
pub const ROUTES: &[Route] = routes! {
    GET "/" "home" READ [] [AFTER] Nothing, [200 Media(HTML)] [] home::list, "The workbooks.";
    POST "/" "home-create" WRITE [] [] Form, [303 Gives::Nothing] [] home::create, "Makes a workbook.";
    GET "/login" "login" Open [] [NEXT] Nothing, [200 Media(HTML)] [] login::show, "A form to log in with.";
    POST "/login" "login-send" Open [] [] Form, [303 Gives::Nothing] [] login::send, "Opens a session.";
    POST "/logout" "logout" READ [] [] Form, [303 Gives::Nothing] [] login::leave, "Ends the session.";
    GET "/assets/{name}" "assets" Open [s::LINE] [] Nothing, [200 Media("text/css; charset=utf-8")] [] assets, "Style and script of the pages.";
    GET "/workbooks/{id}" "book" READ [s::ID] [] Nothing, [200 Media(HTML)] [] book::show, "A workbook, and a form for its inputs.";
    POST "/workbooks/{id}/run" "book-run" RUN [s::ID] [] Form, [303 Gives::Nothing] [] book::run, "Queues a run.";
    GET "/workbooks/{id}/graph" "book-graph" READ [s::ID] [] Nothing, [200 Media(HTML)] [] book::graph, "How its components are linked.";
    GET "/workbooks/{id}/edit" "edit" READ [s::ID] [] Nothing, [200 Media(HTML)] [] edit::show, "Its source, to be changed.";
    POST "/workbooks/{id}/edit" "edit-send" WRITE [s::ID] [] Form, [303 Gives::Nothing] [] edit::send, "Checks or keeps a source.";
    GET "/workbooks/{id}/history" "book-history" READ [s::ID] [BEFORE] Nothing, [200 Media(HTML)] [] history::show, "Its changes.";
    POST "/workbooks/{id}/restore" "book-restore" WRITE [s::ID] [] Form, [303 Gives::Nothing] [] history::restore, "Makes an earlier source the present one.";
    GET "/workbooks/{id}/publish" "book-publish" READ [s::ID] [] Nothing, [200 Media(HTML)] [] publish::show, "What of it is published.";
    POST "/workbooks/{id}/publish" "book-publish-send" PUBLISH [s::ID] [] Form, [303 Gives::Nothing] [] publish::send, "Publishes, goes back, withdraws, or asks for a host.";
    GET "/runs" "run-list" READ [] [BEFORE_ID] Nothing, [200 Media(HTML)] [] runs::list, "The latest runs.";
    GET "/runs/{id}" "run-page" READ [s::ID] [] Nothing, [200 Media(HTML)] [] runs::show, "A run: its steps and what came out.";
    POST "/runs/{id}" "run-send" RUN [s::ID] [] Form, [303 Gives::Nothing] [] runs::send, "Stops a run, or goes on with it.";
};

/// A field of a form that was sent.
fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// The fields of a form. Browsers end lines with two characters.
fn fields(source: &str) -> Vec<(String, String)> {
    let lines = |(name, value): (String, String)| (name, value.replace("\r\n", "\n"));
    pairs(source.as_bytes()).into_iter().map(lines).collect()
}

/// To another page, by `GET`.
fn go(path: &str) -> Answer {
    Answer::new(303, "text/plain; charset=utf-8", "").with("location", path)
}

/// Milliseconds since 1970 as date and time in UTC.
fn moment(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days from the first of March of the year 0, in eras of 400 years.
    let z = days + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + u64::from(month <= 2);
    let machine = format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60);
    format!("<time datetime=\"{machine}\">{} {}</time>", &machine[..10], &machine[11..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        assert_eq!(moment(0), "<time datetime=\"1970-01-01T00:00:00Z\">1970-01-01 00:00</time>");
        assert!(moment(1_795_429_049_458).contains("2026-11-23T"), "{}", moment(1_795_429_049_458));
        assert!(moment(951_782_400_000).contains("2000-02-29T00:00:00Z"));
    }

    #[test]
    fn forms_have_lines_of_one_kind() {
        let form = fields("a=1%0D%0A2&b=x%26y");
        assert_eq!((field(&form, "a"), field(&form, "b"), field(&form, "c")), ("1\n2", "x&y", ""));
    }
}
