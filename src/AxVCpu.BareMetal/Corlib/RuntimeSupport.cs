using System;
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Internal.Runtime.CompilerHelpers
{
    /// <summary>What the generated code calls when a check fails: the platform's panic.</summary>
    internal static class ThrowHelpers
    {
        private static void ThrowFeatureBodyRemoved() => Panic();

        public static void ThrowIndexOutOfRangeException() => Panic();

        private static void ThrowDivideByZeroException() => Panic();

        private static void ThrowOverflowException() => Panic();

        private static void ThrowNullReferenceException() => Panic();

        private static void ThrowArgumentOutOfRangeException() => Panic();

        private static void ThrowPlatformNotSupportedException() => Panic();

        private static void ThrowInvalidProgramException(int id) => Panic();

        private static void ThrowTypeLoadException(int id, string className, string typeName) => Panic();

        [RuntimeImport("*", "axvcpu_panic")]
        [MethodImpl(MethodImplOptions.InternalCall)]
        private static extern void Panic();
    }

    internal static class LdTokenHelpers
    {
        private static RuntimeTypeHandle GetRuntimeTypeHandle(nint type) => default;

        private static RuntimeMethodHandle GetRuntimeMethodHandle(nint method) => default;

        private static RuntimeFieldHandle GetRuntimeFieldHandle(nint field) => default;

        private static Type? GetRuntimeType(nint type) => null;
    }
}

namespace System.Runtime
{
    /// <summary>Symbols that every object of ilc refers to.</summary>
    internal static class NativeLibraryStubs
    {
        [RuntimeExport("RhpReversePInvoke")]
        private static void ReversePInvoke(nint frame)
        {
        }

        [RuntimeExport("RhpReversePInvokeReturn")]
        private static void ReversePInvokeReturn(nint frame)
        {
        }
    }
}

namespace System.Runtime.CompilerServices
{
    internal static class ClassConstructorRunner
    {
        private static nint CheckStaticClassConstructionReturnNonGCStaticBase(ref StaticClassConstructionContext context, nint nonGcStaticBase) =>
            Forbidden();

        private static nint CheckStaticClassConstructionReturnGCStaticBase(ref StaticClassConstructionContext context, nint gcStaticBase) =>
            Forbidden();

        private static void CheckStaticClassConstruction(ref StaticClassConstructionContext context) => Forbidden();

        // A static constructor that ilc cannot run at build time would need locks and a heap: refuse to link.
        [RuntimeImport("*", "AXVCPU_FORBIDDEN_static_constructor")]
        [MethodImpl(MethodImplOptions.InternalCall)]
        private static extern nint Forbidden();
    }
}
