namespace AxVCpu.Devices;

/// <content>Interprocessor interrupts (SDM volume 3A, 11.6).</content>
public partial struct LocalApic
{
    private void Send<THost>(ref THost host)
        where THost : struct, ILocalApicHost
    {
        uint low = (uint)_command;
        ApicMessage message = default;
        message.Vector = (byte)low;
        message.Mode = (ApicDeliveryMode)(low >> (int)IcrBits.ModeShift & 7);
        message.IsLogical = (low & (uint)IcrBits.Logical) != 0;
        message.Shorthand = (ApicShorthand)(low >> (int)IcrBits.ShorthandShift & 3);
        message.IsWide = IsX2Apic;
        message.Destination = IsX2Apic ? (uint)(_command >> 32) : (uint)(_command >> 56);
        // Table 11-3: the trigger mode counts only for INIT, where level and de-assert together mean the ignored "INIT level de-assert".
        message.IsDeassert = message.Mode == ApicDeliveryMode.Init && (low & (uint)(IcrBits.Level | IcrBits.Assert)) == (uint)IcrBits.Level;
        if (message.IsDeassert)
            return;
        bool hasVector = message.Mode is ApicDeliveryMode.Fixed or ApicDeliveryMode.LowestPriority;
        if (hasVector && message.Vector < FirstLegalVector)
        {
            Report(ref host, EsrBits.SendIllegalVector);
            return;
        }
        if (!IsSoftwareEnabled && hasVector)
            return;
        if (message.Shorthand != ApicShorthand.Self)
            host.Send(in message);
        else if (message.Mode == ApicDeliveryMode.Fixed)
            Request(ref host, message.Vector, isLevel: false);
    }

    private void SendSelf<THost>(ref THost host, byte vector)
        where THost : struct, ILocalApicHost
    {
        if (vector < FirstLegalVector)
            Report(ref host, EsrBits.SendIllegalVector);
        else
            Request(ref host, vector, isLevel: false);
    }
}
