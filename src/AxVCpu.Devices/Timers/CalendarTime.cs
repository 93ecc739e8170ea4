namespace AxVCpu.Devices;

/// <summary>A moment of the proleptic Gregorian calendar in UTC, as clock chips count it. Fields out of range carry over when converted.</summary>
internal struct CalendarTime
{
    private const int SecondsPerDay = 86_400;
    private const int DaysPerEra = 146_097;
    // Days from 0000-03-01, where eras of 400 years begin, to 1970-01-01.
    private const int EpochDays = 719_468;

    public int Year;
    public int Month;
    public int Day;
    public int Hour;
    public int Minute;
    public int Second;
    /// <summary>0 is Sunday.</summary>
    public int DayOfWeek;

    public static CalendarTime FromUnixSeconds(long seconds)
    {
        long days = Floor(seconds, SecondsPerDay);
        int rest = (int)(seconds - days * SecondsPerDay);
        CalendarTime time = default;
        time.Second = rest % 60;
        time.Minute = rest / 60 % 60;
        time.Hour = rest / 3600;
        // 1970-01-01 was a Thursday.
        time.DayOfWeek = (int)((days % 7 + 11) % 7);
        days += EpochDays;
        long era = Floor(days, DaysPerEra);
        int dayOfEra = (int)(days - era * DaysPerEra);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        // Years begin in March, so that the leap day is the last one.
        int month = (5 * dayOfYear + 2) / 153;
        time.Day = dayOfYear - (153 * month + 2) / 5 + 1;
        time.Month = month < 10 ? month + 3 : month - 9;
        time.Year = (int)(yearOfEra + era * 400) + (time.Month <= 2 ? 1 : 0);
        return time;
    }

    public readonly long ToUnixSeconds()
    {
        int month = Month is >= 1 and <= 12 ? Month : 1;
        long year = Year - (month <= 2 ? 1 : 0);
        long era = Floor(year, 400);
        int yearOfEra = (int)(year - era * 400);
        int dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + Day - 1;
        long days = era * DaysPerEra + yearOfEra * 365L + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - EpochDays;
        return days * SecondsPerDay + Hour * 3600L + Minute * 60L + Second;
    }

    private static long Floor(long value, long divisor) => value >= 0 ? value / divisor : (value - divisor + 1) / divisor;
}
