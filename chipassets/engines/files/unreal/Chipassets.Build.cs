using System.IO;
using UnrealBuildTool;

public class Chipassets : ModuleRules
{
    public Chipassets(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PublicDependencyModuleNames.AddRange(new string[] { "Core", "CoreUObject", "Engine" });
        PrivateDependencyModuleNames.Add("Projects");
        // The music goes into the packaged game beside the assets.
        foreach (string file in Directory.GetFiles(Path.Combine(PluginDirectory, "Music"), "*.wav"))
            RuntimeDependencies.Add(file, StagedFileType.UFS);
    }
}
