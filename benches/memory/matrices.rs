//! Cases of linear algebra and Fourier transforms: of matrices that make one task as large as it gets, or a few blocks.

use crate::{Case, x as rows};
use tilework::Result;
use tilework::array::fft::{self, Scale};
use tilework::array::linalg::{self, Compressed, Norm};
use tilework::array::random::Generator;
use tilework::array::{Cov, DynArray, eye};
use tilework::base::DType;

fn x(m: usize, n: usize) -> Result<DynArray> {
    Generator::new(3).uniform(-1.0, 1.0, &[m, n], [1024, 1024])
}

/// Symmetric, positive definite, well conditioned.
fn square(n: usize) -> Result<DynArray> {
    linalg::matmul(&x(n, n)?, &x(n, n)?.transpose(None)?)?.add(eye(n, n, 0, DType::F64, 1024)?)
}

/// All cases.
pub const CASES: &[Case] = &[
    ("linalg matmul one", || Ok(vec![linalg::matmul(&x(1024, 1024)?, &x(1024, 1024)?)?])),
    ("linalg matmul blocks", || Ok(vec![linalg::matmul(&x(3072, 4096)?, &x(4096, 3072)?)?])),
    ("linalg matmul tree", || Ok(vec![linalg::matmul(&x(100, 200_000)?, &x(200_000, 100)?)?])),
    ("linalg matmul stack", || {
        Ok(vec![linalg::matmul(&x(300_000, 9)?.reshape(&[-1, 3, 3])?, &x(300_000, 9)?.reshape(&[-1, 3, 3])?)?])
    }),
    ("linalg matmul i64", || {
        Ok(vec![linalg::matmul(&x(1024, 1024)?.multiply(9.0)?.astype(DType::I64)?, &x(1024, 1024)?.astype(DType::I64)?)?])
    }),
    ("linalg tensordot", || {
        let y = x(2048, 1024)?.reshape(&[2048, 32, 32])?;
        Ok(vec![linalg::tensordot(&y, &y, &[1, 2], &[1, 2])?])
    }),
    ("linalg einsum", || Ok(vec![linalg::einsum("ij,kj,kl->il", &[&x(1024, 2048)?, &x(1024, 2048)?, &x(1024, 2048)?])?])),
    ("linalg outer", || Ok(vec![linalg::outer(&x(1, 4096)?, &x(1, 4096)?)?])),
    ("linalg kron", || Ok(vec![linalg::kron(&x(64, 64)?, &x(64, 64)?)?])),
    ("linalg vecdot", || Ok(vec![linalg::vecdot(&rows(2)?, &rows(2)?, -1)?])),
    ("linalg cross", || Ok(vec![linalg::cross(&x(1_000_000, 3)?, &x(1_000_000, 3)?)?])),
    ("linalg qr tall", || Ok(vec![linalg::qr(&x(200_000, 100)?)?.0])),
    ("linalg qr panels", || Ok(vec![linalg::qr(&x(2048, 1500)?)?.0])),
    ("linalg svd one", || Ok(vec![linalg::svd(&x(1200, 1000)?)?.0])),
    ("linalg svdvals one", || Ok(vec![linalg::svdvals(&x(1200, 1000)?)?])),
    ("linalg svd tall", || Ok(vec![linalg::svd(&x(200_000, 100)?)?.0])),
    ("linalg svd_compressed", || {
        let (u, s, v) = linalg::svd_compressed(&x(20_000, 4096)?, 50, Compressed::default())?;
        Ok(vec![u, s, v])
    }),
    ("linalg lu", || Ok(vec![linalg::lu(&x(2048, 2048)?)?.1])),
    ("linalg lu all", || {
        let (p, l, u) = linalg::lu(&x(2048, 2048)?)?;
        Ok(vec![p, l, u])
    }),
    ("linalg solve", || Ok(vec![linalg::solve(&x(2048, 2048)?, &x(2048, 512)?)?])),
    ("linalg solve_triangular", || Ok(vec![linalg::solve_triangular(&square(2048)?, &x(2048, 512)?, true, false)?])),
    ("linalg inv", || Ok(vec![linalg::inv(&square(2048)?)?])),
    ("linalg det", || Ok(vec![linalg::det(&x(2048, 2048)?)?])),
    ("linalg slogdet", || {
        let (sign, size) = linalg::slogdet(&x(2048, 2048)?)?;
        Ok(vec![sign, size])
    }),
    ("linalg matrix_power", || Ok(vec![linalg::matrix_power(&x(2048, 2048)?, 3)?])),
    ("linalg cholesky", || Ok(vec![linalg::cholesky(&square(3072)?, false)?])),
    ("linalg eigh one", || Ok(vec![linalg::eigh(&square(1000)?)?.1])),
    ("linalg eigvalsh one", || Ok(vec![linalg::eigvalsh(&square(1000)?)?])),
    ("linalg pinv", || Ok(vec![linalg::pinv(&x(1200, 600)?, None)?])),
    ("linalg lstsq", || {
        let found = linalg::lstsq(&x(100_000, 100)?, &x(100_000, 10)?, None)?;
        Ok(vec![found.x, found.residuals, found.rank, found.s])
    }),
    ("linalg matrix_rank", || Ok(vec![linalg::matrix_rank(&x(1000, 800)?, None)?])),
    ("linalg cond", || Ok(vec![linalg::cond(&x(1000, 800)?)?])),
    ("linalg norm", || Ok(vec![linalg::norm(&rows(2)?, Norm::Frobenius, None, false)?])),
    ("linalg norm one", || Ok(vec![linalg::norm(&rows(2)?, Norm::Order(1.0), Some(&[0, 1]), false)?])),
    ("linalg cov", || Ok(vec![x(1024, 20_000)?.cov(Cov::default())?])),
    ("linalg corrcoef", || Ok(vec![x(1024, 20_000)?.corrcoef(true)?])),
    ("fft rows", || Ok(vec![fft::fft(&x(64, 1 << 17)?, None, 1, Scale::Backward)?])),
    ("fft columns", || Ok(vec![fft::fft(&x(1 << 17, 64)?, None, 0, Scale::Backward)?])),
    ("fft prime", || Ok(vec![fft::fft(&x(8, 1_000_003)?, None, 1, Scale::Backward)?])),
    ("fft inverse", || Ok(vec![fft::ifft(&x(64, 1 << 17)?.astype(DType::C128)?, None, 1, Scale::Backward)?])),
    ("fft padded", || Ok(vec![fft::fft(&x(64, 100_000)?, Some(1 << 17), 1, Scale::Backward)?])),
    ("fft rfft rows", || Ok(vec![fft::rfft(&x(8, 1 << 20)?, None, 1, Scale::Backward)?])),
    ("fft irfft rows", || Ok(vec![fft::irfft(&x(8, 1 << 20)?, None, 1, Scale::Backward)?])),
    ("fft hfft rows", || Ok(vec![fft::hfft(&x(8, 1 << 20)?, None, 1, Scale::Backward)?])),
    ("fft ihfft rows", || Ok(vec![fft::ihfft(&x(8, 1 << 20)?, None, 1, Scale::Backward)?])),
    ("fft fftn", || Ok(vec![fft::fftn(&rows(2)?, None, None, Scale::Backward)?])),
    ("fft rfftn", || Ok(vec![fft::rfftn(&rows(2)?, None, None, Scale::Backward)?])),
    ("fft irfftn", || Ok(vec![fft::irfftn(&rows(1)?.astype(DType::C128)?, None, None, Scale::Backward)?])),
    ("fft fftshift", || Ok(vec![fft::fftshift(&rows(2)?, None)?])),
];
