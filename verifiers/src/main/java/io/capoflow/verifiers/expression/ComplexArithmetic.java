package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/**
 * Complex numbers over a real number system, on principal branches: the argument of a number lies
 * in (-pi, pi].
 */
abstract class ComplexArithmetic<T> implements Arithmetic<Complex<T>> {
  private final Arithmetic<T> reals;
  private final T zero;
  private final T one;

  ComplexArithmetic(Arithmetic<T> reals) {
    this.reals = reals;
    zero = reals.number(Rational.ZERO);
    one = reals.number(Rational.ONE);
  }

  /** The sign of a real number that rounding may have carried off zero. */
  abstract int sign(T value);

  @Override
  public abstract Complex<T> variable(String name);

  private Complex<T> real(T value) {
    return new Complex<>(value, zero);
  }

  private boolean isReal(Complex<T> value) {
    return sign(value.imaginary()) == 0;
  }

  private boolean isZero(Complex<T> value) {
    return sign(value.real()) == 0 && sign(value.imaginary()) == 0;
  }

  @Override
  public Complex<T> number(Rational value) {
    return real(reals.number(value));
  }

  @Override
  public Complex<T> pi() {
    return real(reals.pi());
  }

  @Override
  public Complex<T> euler() {
    return real(reals.euler());
  }

  @Override
  public Complex<T> imaginary() {
    return new Complex<>(zero, one);
  }

  @Override
  public Complex<T> add(Complex<T> left, Complex<T> right) {
    return new Complex<>(
        reals.add(left.real(), right.real()), reals.add(left.imaginary(), right.imaginary()));
  }

  @Override
  public Complex<T> multiply(Complex<T> left, Complex<T> right) {
    return new Complex<>(
        reals.add(
            reals.multiply(left.real(), right.real()),
            reals.negate(reals.multiply(left.imaginary(), right.imaginary()))),
        reals.add(
            reals.multiply(left.real(), right.imaginary()),
            reals.multiply(left.imaginary(), right.real())));
  }

  @Override
  public Complex<T> divide(Complex<T> dividend, Complex<T> divisor) {
    if (isReal(divisor)) {
      return new Complex<>(
          reals.divide(dividend.real(), divisor.real()),
          reals.divide(dividend.imaginary(), divisor.real()));
    }
    T square = squaredModulus(divisor);
    Complex<T> product = multiply(dividend, conjugate(divisor));
    return new Complex<>(
        reals.divide(product.real(), square), reals.divide(product.imaginary(), square));
  }

  private T squaredModulus(Complex<T> value) {
    return reals.add(
        reals.multiply(value.real(), value.real()),
        reals.multiply(value.imaginary(), value.imaginary()));
  }

  private Complex<T> conjugate(Complex<T> value) {
    return new Complex<>(value.real(), reals.negate(value.imaginary()));
  }

  @Override
  public Complex<T> negate(Complex<T> value) {
    return new Complex<>(reals.negate(value.real()), reals.negate(value.imaginary()));
  }

  @Override
  public Complex<T> power(Complex<T> base, BigInteger exponent) {
    if (isReal(base)) {
      return real(reals.power(base.real(), exponent));
    }
    if (exponent.signum() < 0) {
      return divide(real(one), power(base, exponent.negate()));
    }
    Budget.check(exponent.bitLength() <= 24, "exponent");
    return repeated(real(one), base, exponent.intValue());
  }

  @Override
  public Complex<T> power(Complex<T> base, Complex<T> exponent) {
    if (isZero(base)) {
      throw new NoValue("a power of zero");
    }
    if (isReal(base) && isReal(exponent) && sign(base.real()) > 0) {
      return real(reals.power(base.real(), exponent.real()));
    }
    return exp(multiply(exponent, logarithm(base)));
  }

  @Override
  public Complex<T> root(Complex<T> radicand, int index) {
    return index % 2 == 1 && isReal(radicand) && !isZero(radicand)
        ? real(reals.root(radicand.real(), index))
        : principalRoot(radicand, index);
  }

  @Override
  public Complex<T> principalRoot(Complex<T> radicand, int index) {
    if (index == 1 || isZero(radicand)) {
      return radicand;
    }
    if (isReal(radicand) && sign(radicand.real()) > 0) {
      return real(reals.root(radicand.real(), index));
    }
    if (isReal(radicand) && index == 2) {
      return new Complex<>(zero, reals.root(reals.negate(radicand.real()), 2));
    }
    return exp(divide(logarithm(radicand), number(Rational.of(index))));
  }

  private Complex<T> exp(Complex<T> x) {
    T radius = reals.apply(Function.EXP, x.real());
    return new Complex<>(
        reals.multiply(radius, reals.apply(Function.COS, x.imaginary())),
        reals.multiply(radius, reals.apply(Function.SIN, x.imaginary())));
  }

  private Complex<T> logarithm(Complex<T> x) {
    if (isZero(x)) {
      throw new NoValue("logarithm of zero");
    }
    T modulus = reals.root(squaredModulus(x), 2);
    return new Complex<>(reals.apply(Function.LN, modulus), argument(x));
  }

  private T argument(Complex<T> x) {
    int realSign = sign(x.real());
    int imaginarySign = sign(x.imaginary());
    T two = reals.number(Rational.of(2));
    if (imaginarySign == 0) {
      return realSign > 0 ? zero : reals.pi();
    }
    if (realSign == 0) {
      T quarter = reals.divide(reals.pi(), two);
      return imaginarySign > 0 ? quarter : reals.negate(quarter);
    }
    T angle = reals.apply(Function.ARCTAN, reals.divide(x.imaginary(), x.real()));
    if (realSign > 0) {
      return angle;
    }
    return reals.add(angle, imaginarySign > 0 ? reals.pi() : reals.negate(reals.pi()));
  }

  @Override
  public Complex<T> apply(Function function, Complex<T> x) {
    switch (function) {
      case REAL_PART:
        return real(x.real());
      case IMAGINARY_PART:
        return real(x.imaginary());
      case CONJUGATE:
        return conjugate(x);
      case ABS:
        return real(
            isReal(x) ? reals.apply(Function.ABS, x.real()) : reals.root(squaredModulus(x), 2));
      case EXP:
        return exp(x);
      case LN:
        return isReal(x) && sign(x.real()) > 0
            ? real(reals.apply(Function.LN, x.real()))
            : logarithm(x);
      default:
        return isReal(x) ? real(reals.apply(function, x.real())) : ofComplex(function, x);
    }
  }

  /** Trigonometric functions of what is not real, by way of the exponential function. */
  private Complex<T> ofComplex(Function function, Complex<T> x) {
    Complex<T> i = imaginary();
    Complex<T> two = number(Rational.of(2));
    return switch (function) {
      case SIN -> {
        Complex<T> turned = multiply(i, x);
        yield divide(add(exp(turned), negate(exp(negate(turned)))), multiply(two, i));
      }
      case COS -> {
        Complex<T> turned = multiply(i, x);
        yield divide(add(exp(turned), exp(negate(turned))), two);
      }
      case TAN -> divide(ofComplex(Function.SIN, x), ofComplex(Function.COS, x));
      case COT -> divide(ofComplex(Function.COS, x), ofComplex(Function.SIN, x));
      case SEC -> divide(real(one), ofComplex(Function.COS, x));
      case CSC -> divide(real(one), ofComplex(Function.SIN, x));
      case SINH -> divide(add(exp(x), negate(exp(negate(x)))), two);
      case COSH -> divide(add(exp(x), exp(negate(x))), two);
      case TANH -> divide(ofComplex(Function.SINH, x), ofComplex(Function.COSH, x));
      default -> throw new OutOfReach("a function of complex numbers");
    };
  }

  @Override
  public Complex<T> maximum(Complex<T> left, Complex<T> right) {
    if (!isReal(left) || !isReal(right)) {
      throw new OutOfReach("no order");
    }
    return real(reals.maximum(left.real(), right.real()));
  }

  @Override
  public int largestFactorial() {
    return reals.largestFactorial();
  }

  /** On doubles. */
  static final class OfDoubles extends ComplexArithmetic<Real> {
    private final Point point;

    OfDoubles(Point point, Budget budget) {
      super(new RealArithmetic(point, budget));
      this.point = point;
    }

    @Override
    int sign(Real value) {
      return value.mayBeZero() ? 0 : (int) Math.signum(value.value());
    }

    @Override
    public Complex<Real> variable(String name) {
      return new Complex<>(
          Real.rounded(point.real(name).doubleValue(), 0),
          Real.rounded(point.imaginary(name).doubleValue(), 0));
    }
  }

  /** To 64 digits. */
  static final class OfPrecise extends ComplexArithmetic<Precise> {
    private final Point point;

    OfPrecise(Point point, PreciseArithmetic.Memory memory) {
      super(new PreciseArithmetic(point, memory));
      this.point = point;
    }

    @Override
    int sign(Precise value) {
      return value.mayBeZero() ? 0 : value.value().signum();
    }

    @Override
    public Complex<Precise> variable(String name) {
      return new Complex<>(Precise.exact(point.real(name)), Precise.exact(point.imaginary(name)));
    }
  }
}
