namespace Axvisor.Commands;

/// <summary>The user asked for something that cannot be done; the message is one line that names the thing.</summary>
internal sealed class InputException : Exception
{
    internal InputException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
