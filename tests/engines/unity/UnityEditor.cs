// The editor as far as the package asks for it, after Unity's documentation.
using System;
using UnityEngine;

namespace UnityEditor
{
    public static class AssetDatabase
    {
        public static T LoadAssetAtPath<T>(string assetPath) where T : UnityEngine.Object
        {
            return null;
        }
    }

    public class AssetImporter : UnityEngine.Object { }

    public class AssetPostprocessor
    {
        public string assetPath;
        public AssetImporter assetImporter;
    }

    public struct AudioImporterSampleSettings
    {
        public AudioClipLoadType loadType;
        public AudioCompressionFormat compressionFormat;
    }

    public sealed class AudioImporter : AssetImporter
    {
        public AudioImporterSampleSettings defaultSampleSettings { get; set; }
    }
}

namespace UnityEngine
{
    public enum AudioCompressionFormat { PCM, Vorbis, ADPCM }
}

namespace UnityEditor.AssetImporters
{
    [AttributeUsage(AttributeTargets.Class)]
    public class ScriptedImporterAttribute : Attribute
    {
        public ScriptedImporterAttribute(int version, string ext, int importQueueOffset) { }
    }

    public abstract class ScriptedImporter : AssetImporter
    {
        public abstract void OnImportAsset(AssetImportContext context);
    }

    public class AssetImportContext
    {
        public string assetPath;

        public void DependsOnArtifact(string path) { }

        public void LogImportWarning(string message, UnityEngine.Object at = null) { }

        public void AddObjectToAsset(string identifier, UnityEngine.Object one) { }

        public void SetMainObject(UnityEngine.Object one) { }
    }
}
