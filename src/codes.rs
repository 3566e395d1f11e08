//! Codes: the stable names of an enumeration's variants, in JSON, on the command line and in the database.

/// Writes `ALL` and `as_str` of an enumeration from one row for each variant. The compiler refuses
/// a list that lacks a variant.
macro_rules! codes {
    (
        $(#[$all:meta])* $sees_all:vis ALL,
        $(#[$code_of:meta])* $sees:vis as_str of $type:ident { $($variant:ident: $code:literal,)+ }
    ) => {
        impl $type {
            $(#[$all])*
            $sees_all const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            $(#[$code_of])*
            $sees const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}
