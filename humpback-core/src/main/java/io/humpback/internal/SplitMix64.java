package io.humpback.internal;

/** Numbers that look random and depend on their argument alone: SplitMix64 (Steele, Lea and Flood 2014). */
public final class SplitMix64 {

    /** By which the generator's state grows with each number: 2^64 divided by the golden ratio. */
    public static final long GAMMA = 0x9e3779b97f4a7c15L;

    private SplitMix64() {}

    /** {@return the generator's next number after the state {@code z}} */
    public static long next(long z) {
        return mix(z + GAMMA);
    }

    /** {@return the generator's number at the state {@code z}: its finaliser} */
    public static long mix(long z) {
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
