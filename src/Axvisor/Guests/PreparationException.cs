namespace Axvisor.Guests;

/// <summary>A named guest could not be prepared; the message is one line for the person at the terminal.</summary>
internal sealed class PreparationException : Exception
{
    /// <summary>Says what went wrong.</summary>
    /// <param name="message">One line, naming the thing and what to do about it.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public PreparationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
