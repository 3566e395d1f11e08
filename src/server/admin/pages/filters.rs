//! Saving a filter under a name, and removing it.

use axum::{Form, extract::State, response::Response};
use serde::Deserialize;

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{error::AdminError, page::redirect, saved::List},
    state::Admin,
};
use crate::store::SavedFilter;

/// The longest name of a filter, in characters. A longer one would not fit into the menu.
const MAX_NAME: usize = 60;

/// The longest query of a filter, in bytes. A longer one would not fit into an address.
const MAX_QUERY: usize = 2_000;

/// The fields of the form.
#[derive(Deserialize)]
pub(crate) struct Filter {
    list: String,
    name: String,
    #[serde(default)]
    query: String,
}

/// Saves the filter of a list.
pub(crate) async fn save(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Filter>,
) -> Result<Response, AdminError> {
    let refused = |text: &str| AdminError::bad_request(text).on(signed.page("/admin", "Filters"));
    let list = List::of(&form.list).ok_or_else(|| refused("This page has no filters."))?;
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(refused("The name of a filter has 1 to 60 characters. Go back and change it."));
    }
    let query = list.cleaned(&form.query);
    if query.len() > MAX_QUERY {
        return Err(refused("This filter is too long to be saved."));
    }
    let filter = SavedFilter { name: name.to_owned(), query };
    let saved = admin.store().save_filter(&signed.id, list.code(), &filter).await;
    saved.map_err(|error| AdminError::from(error).on(signed.page("/admin", "Filters")))?;
    Ok(redirect(&list.after("filter-saved", &filter.query)))
}

/// Removes a saved filter.
pub(crate) async fn remove(
    State(admin): State<Admin>,
    signed: Signed,
    Form(form): Form<Filter>,
) -> Result<Response, AdminError> {
    let list =
        List::of(&form.list).ok_or_else(|| AdminError::bad_request("This page has no filters."))?;
    admin.store().remove_filter(&signed.id, list.code(), form.name.trim()).await?;
    Ok(redirect(&list.after("filter-removed", &list.cleaned(&form.query))))
}
