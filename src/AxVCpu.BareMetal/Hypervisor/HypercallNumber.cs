namespace AxVCpu.BareMetal.Hypervisor;

/// <summary>The hypercalls: number in x0, arguments from x1 on, result in x0. 0 to 6 are the original family's.</summary>
internal enum HypercallNumber : ulong
{
    /// <summary>Ends virtualization under a host VM; there is none here.</summary>
    HypervisorDisable = 0,

    /// <summary>Prepares for <see cref="HypervisorDisable"/>.</summary>
    HypervisorPrepareDisable = 1,

    /// <summary>Writes its arguments to the log, at level debug.</summary>
    HypervisorDebug = 2,

    /// <summary>key, gpa of the address (out), gpa of the size (in: wanted bytes or 0, out: bytes): makes a channel.</summary>
    PublishChannel = 3,

    /// <summary>publisher, key, gpa of the address (out), gpa of the size (out): maps another VM's channel.</summary>
    SubscribeChannel = 4,

    /// <summary>key: takes the channel back; subscribers keep its memory until they unsubscribe.</summary>
    UnpublishChannel = 5,

    /// <summary>publisher, key: unmaps the channel.</summary>
    UnsubscribeChannel = 6,

    /// <summary>publisher, key: raises the channel interrupt of all other ends. Not in the original.</summary>
    NotifyChannel = 7,
}

/// <summary>The results of a hypercall: 0, or one of these as a negative number (Linux errno values).</summary>
internal enum HypercallError : long
{
    None = 0,

    /// <summary>EPERM: the rules do not let this VM subscribe.</summary>
    NotPermitted = -1,

    /// <summary>ENOENT: there is no such channel.</summary>
    NotFound = -2,

    /// <summary>ENOMEM: there is no memory, or no room in the window.</summary>
    NoMemory = -12,

    /// <summary>EFAULT: a pointer is not to writable guest memory.</summary>
    BadAddress = -14,

    /// <summary>EEXIST: the VM has published or subscribed already.</summary>
    Exists = -17,

    /// <summary>EINVAL: a size is too large.</summary>
    Invalid = -22,

    /// <summary>ENOSYS: there is no such call.</summary>
    NoSuchCall = -38,

    /// <summary>EOPNOTSUPP: the call makes no sense here.</summary>
    NotSupported = -95,
}
