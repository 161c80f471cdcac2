//! The macros that turn a row of the elementwise table into an operation.
//!
//! A row reads: name, NAME, doc sentence, arguments, dtype rule, tags, domain, cost, and arms that say for which types of
//! element which expression is the result. Types are named singly (`f64`, `bool`) or by class (`float`, `signed`,
//! `unsigned`, `int`, `num` = int and float, `any` = num and bool, `complex`); `T` is the argument's type in an arm. `math f` stands
//! for the function `f` of either float type, `trig f g` for one that takes `g` for the arguments that `needs_slow` names,
//! `cmath f` for the function `f` of complex128, through which complex64 goes too.

macro_rules! each_type {
    ($cb:ident float $($x:tt)*) => { $cb! { f32 $($x)* } $cb! { f64 $($x)* } };
    ($cb:ident signed $($x:tt)*) => { $cb! { i8 $($x)* } $cb! { i16 $($x)* } $cb! { i32 $($x)* } $cb! { i64 $($x)* } };
    ($cb:ident unsigned $($x:tt)*) => { $cb! { u8 $($x)* } $cb! { u16 $($x)* } $cb! { u32 $($x)* } $cb! { u64 $($x)* } };
    ($cb:ident int $($x:tt)*) => { each_type! { $cb signed $($x)* } each_type! { $cb unsigned $($x)* } };
    ($cb:ident num $($x:tt)*) => { each_type! { $cb int $($x)* } each_type! { $cb float $($x)* } };
    ($cb:ident complex $($x:tt)*) => { $cb! { C64 $($x)* } $cb! { C128 $($x)* } };
    ($cb:ident any $($x:tt)*) => { each_type! { $cb num $($x)* } $cb! { bool $($x)* } };
    ($cb:ident $t:ident $($x:tt)*) => { $cb! { $t $($x)* } };
}

/// The type of the result, by the dtype rule.
macro_rules! out_type {
    (Compare $t:ident) => {
        bool
    };
    (Logical $t:ident) => {
        bool
    };
    (Test $t:ident) => {
        bool
    };
    (Count $t:ident) => {
        u8
    };
    (Part C64) => {
        f32
    };
    (Part C128) => {
        f64
    };
    (FloatPart C64) => {
        f32
    };
    (FloatPart C128) => {
        f64
    };
    ($rule:ident $t:ident) => {
        $t
    };
}

macro_rules! second {
    ($a:ident $t:ident) => {
        $t
    };
}

macro_rules! impl_lane {
    ($t:ident $lane:ident $rule:ident ($($a:ident)+) $e:expr) => {
        impl $crate::kernel::lanes::$lane<$(second!($a $t)),+> for F {
            type Out = out_type!($rule $t);
            #[inline(always)]
            #[allow(clippy::bool_comparison, clippy::needless_bitwise_bool)]
            fn call($($a: $t),+) -> Self::Out {
                #[allow(dead_code)]
                type T = $t;
                $e
            }
        }
    };
}

/// A function that is fast but for arguments that `needs_slow` names.
macro_rules! trig_lane {
    ($t:ident $a:ident $m:ident $fast:ident $slow:ident) => {
        impl $crate::kernel::lanes::Lane1<$t> for F {
            type Out = $t;
            const SLOW: bool = true;
            #[inline(always)]
            fn call($a: $t) -> $t {
                $crate::op::element::$m::$fast($a)
            }
            #[inline(always)]
            fn needs_slow($a: $t) -> bool {
                $crate::op::element::$m::needs_slow($a)
            }
            #[inline(always)]
            fn slow($a: $t) -> $t {
                $crate::op::element::$m::$slow($a)
            }
        }
    };
}

macro_rules! impl_arms {
    ($lane:ident $rule:ident $args:tt {}) => {};
    ($lane:ident $rule:ident ($($a:ident)+) { math $f:ident; $($rest:tt)* }) => {
        impl_lane! { f32 $lane $rule ($($a)+) $crate::op::element::single::$f($($a),+) }
        impl_lane! { f64 $lane $rule ($($a)+) $crate::op::element::double::$f($($a),+) }
        impl_arms! { $lane $rule ($($a)+) { $($rest)* } }
    };
    ($lane:ident $rule:ident ($a:ident) { cmath $f:ident; $($rest:tt)* }) => {
        impl_lane! { C64 $lane $rule ($a) $crate::op::element::number::Pair::through($a, $crate::op::element::complex::$f) }
        impl_lane! { C128 $lane $rule ($a) $crate::op::element::complex::$f($a) }
        impl_arms! { $lane $rule ($a) { $($rest)* } }
    };
    ($lane:ident $rule:ident ($a:ident) { trig $fast:ident $slow:ident; $($rest:tt)* }) => {
        trig_lane! { f32 $a single $fast $slow }
        trig_lane! { f64 $a double $fast $slow }
        impl_arms! { $lane $rule ($a) { $($rest)* } }
    };
    ($lane:ident $rule:ident $args:tt { $class:ident => $e:expr; $($rest:tt)* }) => {
        each_type! { impl_lane $class $lane $rule $args $e }
        impl_arms! { $lane $rule $args { $($rest)* } }
    };
}

macro_rules! pick_lane {
    ($t:ident $block:ident $dtype:ident $isa:ident ($($a:ident)+)) => {
        if $dtype == <$t as $crate::base::Element>::DTYPE {
            return Some($crate::kernel::lanes::$block::<F, $(second!($a $t)),+>($isa));
        }
    };
}

macro_rules! pick_arms {
    ($block:ident $dtype:ident $isa:ident $args:tt {}) => {};
    ($block:ident $dtype:ident $isa:ident $args:tt { math $f:ident; $($rest:tt)* }) => {
        each_type! { pick_lane float $block $dtype $isa $args }
        pick_arms! { $block $dtype $isa $args { $($rest)* } }
    };
    ($block:ident $dtype:ident $isa:ident $args:tt { cmath $f:ident; $($rest:tt)* }) => {
        each_type! { pick_lane complex $block $dtype $isa $args }
        pick_arms! { $block $dtype $isa $args { $($rest)* } }
    };
    ($block:ident $dtype:ident $isa:ident $args:tt { trig $fast:ident $slow:ident; $($rest:tt)* }) => {
        each_type! { pick_lane float $block $dtype $isa $args }
        pick_arms! { $block $dtype $isa $args { $($rest)* } }
    };
    ($block:ident $dtype:ident $isa:ident $args:tt { $class:ident => $e:expr; $($rest:tt)* }) => {
        each_type! { pick_lane $class $block $dtype $isa $args }
        pick_arms! { $block $dtype $isa $args { $($rest)* } }
    };
}

/// One operation whose arguments have one type.
macro_rules! plain_row {
    ($lane:ident $block:ident $arity:literal $name:ident $NAME:ident $doc:literal ($($a:ident)+) $rule:ident
     [$($tag:ident($($v:expr)?))*] ($lo:expr, $hi:expr) $cost:literal { $($arms:tt)* }) => {
        #[doc = $doc]
        pub static $NAME: ElementOp = {
            struct F;
            impl_arms! { $lane $rule ($($a)+) { $($arms)* } }
            fn block(dtype: DType, isa: Isa) -> Option<Block> {
                pick_arms! { $block dtype isa ($($a)+) { $($arms)* } }
                None
            }
            ElementOp {
                name: stringify!($name),
                doc: $doc,
                arity: $arity,
                rule: DTypeRule::$rule,
                tags: Tags::NONE$(.$tag($($v)?))*,
                domain: ($lo, $hi),
                cost_ns: $cost,
                block,
            }
        };
    };
}

macro_rules! choose_lane {
    ($t:ident ($c:ident $a:ident $b:ident) $e:expr) => {
        impl $crate::kernel::lanes::Lane3<bool, $t, $t> for F {
            type Out = $t;
            #[inline(always)]
            fn call($c: bool, $a: $t, $b: $t) -> $t {
                $e
            }
        }
    };
}

macro_rules! choose_pick {
    ($t:ident $dtype:ident $isa:ident) => {
        if $dtype == <$t as $crate::base::Element>::DTYPE {
            return Some($crate::kernel::lanes::block3::<F, bool, $t, $t>($isa));
        }
    };
}

/// One operation that chooses between its second and third argument, of any type, by its first.
macro_rules! choose_row {
    ($name:literal $NAME:ident $doc:literal ($c:ident $a:ident $b:ident) ($lo:expr, $hi:expr) $cost:literal { $e:expr }) => {
        #[doc = $doc]
        pub static $NAME: ElementOp = {
            struct F;
            each_type! { choose_lane any ($c $a $b) $e }
            each_type! { choose_lane complex ($c $a $b) $e }
            fn block(dtype: DType, isa: Isa) -> Option<Block> {
                each_type! { choose_pick any dtype isa }
                each_type! { choose_pick complex dtype isa }
                None
            }
            ElementOp {
                name: $name,
                doc: $doc,
                arity: 3,
                rule: DTypeRule::Choose,
                tags: Tags::NONE,
                domain: ($lo, $hi),
                cost_ns: $cost,
                block,
            }
        };
    };
}

/// One operation that makes random values: from element number and key, or those and one more number, by a function that fills runs.
macro_rules! generate_row {
    ($name:ident $NAME:ident $doc:literal $t:ident $dtype:ident $cost:literal { fill $fill:path }) => {
        generate_row! { @op $name $NAME $doc $dtype $cost 3 {
            struct F;
            impl $crate::kernel::lanes::Runs for F {
                type Out = $t;
                fn fill(first: u64, key: [u64; 2], out: &mut [std::mem::MaybeUninit<$t>]) {
                    $fill(first, key, out);
                }
            }
            $crate::kernel::lanes::block_of_runs::<F>
        } }
    };
    ($name:ident $NAME:ident $doc:literal $t:ident $dtype:ident $cost:literal { fill_with $fill:path }) => {
        generate_row! { @op $name $NAME $doc $dtype $cost 4 {
            struct F;
            impl $crate::kernel::lanes::RunsWith for F {
                type Out = $t;
                fn fill(first: u64, key: [u64; 2], more: &[u64], out: &mut [std::mem::MaybeUninit<$t>]) {
                    $fill(first, key, more, out);
                }
            }
            |_| $crate::kernel::lanes::block_of_runs_with::<F>()
        } }
    };
    (@op $name:ident $NAME:ident $doc:literal $dtype:ident $cost:literal $arity:literal $block:block) => {
        #[doc = $doc]
        pub static $NAME: ElementOp = {
            fn block(dtype: DType, isa: Isa) -> Option<Block> {
                let make: fn(Isa) -> Block = $block;
                (dtype == DType::U64).then(|| make(isa))
            }
            ElementOp {
                name: stringify!($name),
                doc: $doc,
                arity: $arity,
                rule: DTypeRule::Generate(DType::$dtype),
                tags: Tags::NONE,
                domain: (0.0, 1e6),
                cost_ns: $cost,
                block,
            }
        };
    };
}

/// The table. `$d` is a dollar sign, for the macros that this makes: `for_each_unary!(callback)`, `for_each_binary!(callback)` and
/// `for_each_ternary!(callback)` call `callback! { (name, NAME, "doc") … }` with the rows of one, two and three arguments.
macro_rules! element_table {
    ($d:tt
     unary { $($name1:ident $NAME1:ident $doc1:literal ($a1:ident) $rule1:ident $tags1:tt in $in1:tt costs $cost1:literal $arms1:tt)* }
     binary { $($name2:ident $NAME2:ident $doc2:literal ($a2:ident, $b2:ident) $rule2:ident $tags2:tt in $in2:tt costs $cost2:literal $arms2:tt)* }
     ternary { $($name3:ident $NAME3:ident $doc3:literal ($a3:ident, $b3:ident, $c3:ident) $rule3:ident $tags3:tt in $in3:tt costs $cost3:literal $arms3:tt)* }
     choose { $($name4:literal $NAME4:ident $doc4:literal ($c4:ident, $a4:ident, $b4:ident) in $in4:tt costs $cost4:literal $arms4:tt)* }
     generate { $($name5:ident $NAME5:ident $doc5:literal $t5:ident $d5:ident costs $cost5:literal $arms5:tt)* }
    ) => {
        $(plain_row! { Lane1 block1 1 $name1 $NAME1 $doc1 ($a1) $rule1 $tags1 $in1 $cost1 $arms1 })*
        $(plain_row! { Lane2 block2 2 $name2 $NAME2 $doc2 ($a2 $b2) $rule2 $tags2 $in2 $cost2 $arms2 })*
        $(plain_row! { Lane3 block3 3 $name3 $NAME3 $doc3 ($a3 $b3 $c3) $rule3 $tags3 $in3 $cost3 $arms3 })*
        $(choose_row! { $name4 $NAME4 $doc4 ($c4 $a4 $b4) $in4 $cost4 $arms4 })*
        $(generate_row! { $name5 $NAME5 $doc5 $t5 $d5 $cost5 $arms5 })*

        /// Every elementwise operation.
        pub static ALL: &[&ElementOp] = &[$(&$NAME1,)* $(&$NAME2,)* $(&$NAME3,)* $(&$NAME4,)* $(&$NAME5,)*];

        #[allow(unused_macros)]
        macro_rules! for_each_unary {
            ($d callback:ident) => { $d callback! { $(($name1, $NAME1, $doc1))* } };
        }
        #[allow(unused_macros)]
        macro_rules! for_each_binary {
            ($d callback:ident) => { $d callback! { $(($name2, $NAME2, $doc2))* } };
        }
        #[allow(unused_macros)]
        macro_rules! for_each_ternary {
            ($d callback:ident) => { $d callback! { $(($name3, $NAME3, $doc3))* } };
        }
        #[allow(unused_imports)]
        pub(crate) use {for_each_binary, for_each_ternary, for_each_unary};
    };
}
