-- Users whose role for one group comes from single sign-on.

-- 1 where the provider or the proxy says which group the role is for, and 0 where an administrator does.
ALTER TABLE users ADD COLUMN group_given BIGINT NOT NULL DEFAULT 0;
