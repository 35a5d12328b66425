using System.IO;
using UnityEditor;
using UnityEditor.AssetImporters;
using UnityEngine;

namespace Chipassets
{
    /// <summary>Imports music.chipmusic as a ChipassetsBundle, with the clips that lie beside it.</summary>
    [ScriptedImporter(1, "chipmusic", 1000)] // behind the audio, which it refers to
    public class ChipmusicImporter : ScriptedImporter
    {
        public override void OnImportAsset(AssetImportContext context)
        {
            ChipassetsBundle bundle = ScriptableObject.CreateInstance<ChipassetsBundle>();
            JsonUtility.FromJsonOverwrite(File.ReadAllText(context.assetPath), bundle);
            string folder = Path.GetDirectoryName(context.assetPath).Replace('\\', '/');
            foreach (Track track in bundle.tracks)
            {
                track.clips = new AudioClip[track.files.Length];
                for (int i = 0; i < track.files.Length; i++)
                {
                    string path = folder + "/Audio/" + track.files[i];
                    context.DependsOnArtifact(path);
                    track.clips[i] = AssetDatabase.LoadAssetAtPath<AudioClip>(path);
                    if (track.clips[i] == null)
                        context.LogImportWarning(path + " is not imported yet; import this file again");
                }
            }
            context.AddObjectToAsset("bundle", bundle);
            context.SetMainObject(bundle);
        }
    }

    /// <summary>Decompresses the music on load: the player cuts its loops by the sample.</summary>
    public class ChipmusicAudio : AssetPostprocessor
    {
        void OnPreprocessAudio()
        {
            if (!assetPath.Contains("com.chipassets.music/")) return;
            AudioImporter importer = (AudioImporter)assetImporter;
            AudioImporterSampleSettings settings = importer.defaultSampleSettings;
            settings.loadType = AudioClipLoadType.DecompressOnLoad;
            settings.compressionFormat = AudioCompressionFormat.PCM;
            importer.defaultSampleSettings = settings;
        }
    }
}
