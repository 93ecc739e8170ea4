// The part of the SDK's implicit usings that exists here, so that shared files need no others.
global using System;
global using System.Threading;
