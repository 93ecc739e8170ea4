namespace Axvisor.Guests;

/// <summary>Hears how far the preparation of a guest is. Called from one thread at a time.</summary>
internal interface IPreparationProgress
{
    /// <summary>A step begins; the one before it is done.</summary>
    /// <param name="description">What is being done, a short sentence part.</param>
    void Step(string description);

    /// <summary>The current step has advanced.</summary>
    /// <param name="done">How much is done.</param>
    /// <param name="total">How much there is, in the same unit; more than 0.</param>
    void Advance(long done, long total);
}
