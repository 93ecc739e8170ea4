using AxVCpu.Software.SoftFloat;

namespace AxVCpu.Software.Tests.SoftFloat;

/// <summary>Every operation in every rounding direction, result and flags, against exact arithmetic.</summary>
public sealed class FloatExactnessTests
{
    public static TheoryData<FloatOperation, int> Operations
    {
        get
        {
            TheoryData<FloatOperation, int> data = [];
            foreach (FloatOperation operation in Enum.GetValues<FloatOperation>())
            {
                data.Add(operation, 16);
                data.Add(operation, 32);
                data.Add(operation, 64);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Corner_operands_give_the_exact_result_and_flags(FloatOperation operation, int width)
    {
        ulong[] first = FloatSubject.TakesInteger(operation) ? FloatOperands.IntegerCorners() : FloatOperands.Corners(width);
        ulong[] none = [0];
        ulong[] second = FloatSubject.Operands(operation) > 1 ? FloatOperands.Corners(width) : none;
        ulong[] third = none;
        if (FloatSubject.Operands(operation) > 2)
        {
            // The cube of all corners would take minutes; every fourth one, from a different start per operand, keeps all in play.
            third = [.. second.Where((_, index) => index % 4 == 0)];
            first = [.. first.Where((_, index) => index % 4 == 1)];
            second = [.. second.Where((_, index) => index % 4 >= 2 && index % 8 < 4)];
        }

        foreach (ulong a in first)
        {
            foreach (ulong b in second)
            {
                foreach (ulong c in third)
                {
                    CheckAllDirections(operation, width, a, b, c, "corner");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Random_operands_give_the_exact_result_and_flags(FloatOperation operation, int width)
    {
        int seed = Random.Shared.Next();
        FloatOperands operands = new(width, new Random(seed));
        for (int round = 0; round < 1500; round++)
        {
            ulong a = FloatSubject.TakesInteger(operation) ? operands.NextInteger() : operands.Next();
            ulong b = operands.NextAfter(a);
            ulong c = operands.NextAddend(a, b);
            CheckAllDirections(operation, width, a, b, c, $"seed {seed} round {round}");
        }
    }

    private static void CheckAllDirections(FloatOperation operation, int width, ulong a, ulong b, ulong c, string origin)
    {
        // Selections and comparisons do not round.
        bool rounds = operation is not (>= FloatOperation.Min and <= FloatOperation.Classify);
        FloatRounding lastRounding = rounds ? FloatRounding.NearestMaxMagnitude : FloatRounding.NearestEven;
        for (FloatRounding rounding = FloatRounding.NearestEven; rounding <= lastRounding; rounding++)
        {
            (ulong bits, FloatFlags flags) = ExactOracle.Evaluate(operation, width, rounding, a, b, c);
            Check(FloatFlags.None);

            // Flags that are already set choose other paths, and must stay.
            Check(FloatFlags.Inexact);

            void Check(FloatFlags before)
            {
                FloatStatus status = new() { Rounding = rounding, Flags = before };
                ulong actual = FloatSubject.Run(operation, width, a, b, c, ref status);
                if (actual != bits || status.Flags != (flags | before))
                {
                    Assert.Fail($"{operation} f{width} {rounding} after {before}: {a:x} {b:x} {c:x} gave {actual:x} [{status.Flags}], "
                        + $"exactly {bits:x} [{flags | before}] ({origin})");
                }
            }
        }
    }
}
