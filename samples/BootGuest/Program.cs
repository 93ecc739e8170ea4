using AxVM;

// Boots a Linux kernel, asks it something on its console, and switches it off.
VmConfig config = VmConfig.Generate("linux", kernelPath: args[0], cpuCount: 1, memorySize: 512 << 20);
config.Kernel.RamdiskPath = args[1];
config.Kernel.CommandLine = "console=ttyS0 quiet";

await using VirtualMachine vm = VirtualMachine.Create(config);
await vm.StartAsync();

TimeSpan patience = TimeSpan.FromMinutes(2);
await vm.Console.ReadUntilAsync("~ # ", patience);
await vm.Console.WriteLineAsync("uname -m");
Console.WriteLine(await vm.Console.ReadUntilAsync("~ # ", patience));

await vm.Console.WriteLineAsync("poweroff");
VmExit exit = await vm.WaitForExitAsync();
Console.WriteLine($"{exit.Reason} after {vm.GetStatistics().VCpus[0].TotalExits} exits");
