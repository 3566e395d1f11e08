//! How a command on the server's machine finds the server's database.

use std::path::Path;

use crate::store::Database;

/// The options by which a command finds a SQLite database, as a shell takes them. `None` for PostgreSQL, whose address
/// holds a password.
pub(crate) fn database_options(database: Option<&Database>, state: &Path) -> Option<String> {
    match database {
        None => Some(format!("--state {}", quoted(&state.display().to_string()))),
        Some(Database::Sqlite(path)) => {
            Some(format!("--database {}", quoted(&format!("sqlite:{}", path.display()))))
        }
        Some(Database::Postgres(_)) => None,
    }
}

fn quoted(text: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "/\\._-:".contains(it);
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_quote_the_database_for_a_shell() {
        let state = Path::new("/var/lib/milguard");
        let file = Database::Sqlite("/srv/o'brien/m.db".into());
        let postgres = Database::Postgres("postgres://u:p@h/n".to_owned());
        for (database, state, expected) in [
            (None, state, Some("--state /var/lib/milguard")),
            (None, Path::new("/srv/my state"), Some("--state '/srv/my state'")),
            (Some(&file), state, Some(r"--database 'sqlite:/srv/o'\''brien/m.db'")),
            (Some(&postgres), state, None),
        ] {
            assert_eq!(database_options(database, state).as_deref(), expected);
        }
    }
}
