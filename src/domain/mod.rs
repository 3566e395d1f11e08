//! Domain names: UTS #46, public suffixes, UTS #39 skeletons.
