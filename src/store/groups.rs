//! Making, moving and removing groups of clients, each of which has a policy.

use sqlx::AnyConnection;

use super::group_tree::{SELECT, all, check_depth, missing};
use super::{
    AuditEntry, DEFAULT_GROUP, Group, ORGANISATION, PolicyChangeError, Secret, Store, StoreError,
    now,
};

const MAX_NAME: usize = 100;

impl Store {
    /// Creates the organisation, the group `default` and one deployment for it in an empty database, and
    /// returns the text of the deployment's token. `None` if the database was not empty.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn first_start(&self) -> Result<Option<Secret>, StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let groups: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM groups").fetch_one(&mut *change).await?;
        if groups > 0 {
            return Ok(None);
        }
        for (id, name, parent) in [
            (ORGANISATION, "Organisation", None),
            (DEFAULT_GROUP, "Everyone", Some(ORGANISATION.to_owned())),
        ] {
            insert(&mut change, id, name, parent, revision).await?;
        }
        let token = super::NewToken {
            group: DEFAULT_GROUP.to_owned(),
            label: "first start".to_owned(),
            expires: None,
        };
        let (_, secret) = super::deployments::insert(&mut change, &token).await?;
        self.commit_change(change, revision, None).await?;
        Ok(Some(secret))
    }

    /// All groups, by id.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn groups(&self) -> Result<Vec<Group>, StoreError> {
        Ok(sqlx::query_as(SELECT).fetch_all(self.reader()).await?)
    }

    /// Reads one group.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no group has that id.
    pub async fn group(&self, id: &str) -> Result<Group, StoreError> {
        let groups = self.groups().await?;
        groups.into_iter().find(|group| group.id == id).ok_or_else(|| missing(id))
    }

    /// The ids of a group and of all groups below it. Empty for the organisation, which includes everything, even
    /// the events of deleted groups.
    pub(super) async fn with_below(&self, id: &str) -> Result<Vec<String>, StoreError> {
        if id == ORGANISATION {
            return Ok(Vec::new());
        }
        let groups = self.groups().await?;
        let mut ids = vec![id.to_owned()];
        let mut next = 0;
        while let Some(above) = ids.get(next).cloned() {
            let below = groups.iter().filter(|group| group.parent.as_ref() == Some(&above));
            let new: Vec<String> =
                below.map(|group| group.id.clone()).filter(|id| !ids.contains(id)).collect();
            ids.extend(new);
            next += 1;
        }
        Ok(ids)
    }

    /// Makes a group below `parent`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] for an invalid id or name, [`StoreError::Conflict`] if the id is taken,
    /// [`StoreError::Missing`] if the parent does not exist.
    pub async fn create_group(
        &self,
        id: &str,
        name: &str,
        parent: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<Group, StoreError> {
        check_id(id)?;
        let name = check_name(name)?;
        let (mut change, revision) = self.begin_change().await?;
        let groups = all(&mut change).await?;
        if groups.iter().any(|group| group.id == id) {
            return Err(StoreError::Conflict(format!("a group `{id}` already exists")));
        }
        check_depth(&groups, parent)?;
        insert(&mut change, id, name, Some(parent.to_owned()), revision).await?;
        self.commit_change(change, revision, entry).await?;
        self.group(id).await
    }

    /// Renames a group, or moves it below another one, or both.
    ///
    /// # Errors
    ///
    /// As [`create_group`](Self::create_group); [`StoreError::Invalid`] if a group would be below itself or the
    /// organisation below another one; [`PolicyChangeError::Refused`] if the policies above the new place and the
    /// group's own break a limit together.
    pub async fn update_group(
        &self,
        id: &str,
        name: &str,
        parent: Option<&str>,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<Group, PolicyChangeError> {
        let name = check_name(name)?;
        let (mut change, revision) = self.begin_change().await?;
        let mut groups = all(&mut change).await?;
        let group = groups.iter_mut().find(|group| group.id == id).ok_or_else(|| missing(id))?;
        if group.parent.is_none() != parent.is_none() {
            return Err(PolicyChangeError::Store(StoreError::Invalid(format!(
                "`{ORGANISATION}` is the top group: it cannot be below another group"
            ))));
        }
        group.parent = parent.map(str::to_owned);
        for group in &groups {
            if let Some(parent) = &group.parent {
                check_depth(&groups, parent)?;
            }
        }
        sqlx::query("UPDATE groups SET name = $1, parent = $2, revision = $3 WHERE id = $4")
            .bind(name)
            .bind(parent.map(str::to_owned))
            .bind(revision)
            .bind(id)
            .execute(&mut *change)
            .await?;
        super::policies::check_all(&mut change).await?;
        self.commit_change(change, revision, entry).await?;
        Ok(self.group(id).await?)
    }

    /// Removes a group with its policies and its tokens, none of which may still be valid. Its events stay.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where clients could still use it, other groups are below it, or users have a role for it.
    pub async fn remove_group(
        &self,
        id: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(), StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let groups = all(&mut change).await?;
        let group = groups.iter().find(|group| group.id == id).ok_or_else(|| missing(id))?;
        if group.parent.is_none() {
            return Err(StoreError::Conflict("the organisation cannot be removed".to_owned()));
        }
        if let Some(child) = groups.iter().find(|group| group.parent.as_deref() == Some(id)) {
            let child = &child.id;
            return Err(StoreError::Conflict(format!(
                "the group `{child}` is below `{id}`; move or remove it first"
            )));
        }
        let good = "SELECT COUNT(*) FROM enrolment_tokens
                    WHERE group_id = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)";
        let good: i64 =
            sqlx::query_scalar(good).bind(id).bind(now()).fetch_one(&mut *change).await?;
        if good > 0 {
            return Err(StoreError::Conflict(format!(
                "clients may still use `{id}`; revoke its {good} token(s) first"
            )));
        }
        let users: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE group_id = $1")
            .bind(id)
            .fetch_one(&mut *change)
            .await?;
        if users > 0 {
            return Err(StoreError::Conflict(format!(
                "{users} user(s) have a role for `{id}` alone; give them another group first"
            )));
        }
        for sql in [
            "DELETE FROM deployments WHERE id IN (SELECT id FROM enrolment_tokens WHERE group_id = $1)",
            "DELETE FROM clients WHERE group_id = $1",
            "DELETE FROM enrolment_tokens WHERE group_id = $1",
            "DELETE FROM policies WHERE group_id = $1",
            "DELETE FROM groups WHERE id = $1",
        ] {
            sqlx::query(sql).bind(id).execute(&mut *change).await?;
        }
        self.commit_change(change, revision, entry).await
    }
}

async fn insert(
    connection: &mut AnyConnection,
    id: &str,
    name: &str,
    parent: Option<String>,
    revision: i64,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO groups (id, name, parent, created, revision) VALUES ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql).bind(id).bind(name).bind(parent).bind(now()).bind(revision);
    query.execute(connection).await?;
    Ok(())
}

fn check_id(id: &str) -> Result<(), StoreError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=40).contains(&id.len()) && id.bytes().all(is_plain) && !id.starts_with('-') {
        return Ok(());
    }
    Err(StoreError::Invalid(
        "a group's id has 1 to 40 lower-case letters, digits and `-`, and does not begin with `-`"
            .into(),
    ))
}

fn check_name(name: &str) -> Result<&str, StoreError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(StoreError::Invalid(format!(
            "a group's name has 1 to {MAX_NAME} characters on one line"
        )));
    }
    Ok(name)
}
