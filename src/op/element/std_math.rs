//! Mathematical functions of the standard library under the names the table uses.

macro_rules! functions {
    ($m:ident $t:ident) => {
        pub mod $m {
            functions!(@one $t: sin sin, cos cos, tan tan, asin asin, acos acos, atan atan, sinh sinh, cosh cosh, tanh tanh,
                asinh asinh, acosh acosh, atanh atanh, exp exp, exp2 exp2, expm1 exp_m1, log ln, log2 log2, log10 log10,
                log1p ln_1p, cbrt cbrt);
            functions!(@two $t: atan2 atan2, hypot hypot, pow powf);
        }
    };
    (@one $t:ident: $($f:ident $g:ident),*) => {$(
        #[inline(always)]
        pub fn $f(a: $t) -> $t { a.$g() }
    )*};
    (@two $t:ident: $($f:ident $g:ident),*) => {$(
        #[inline(always)]
        pub fn $f(a: $t, b: $t) -> $t { a.$g(b) }
    )*};
}
functions!(double f64);
functions!(single f32);
