#pragma once

#include "CoreMinimal.h"
#include "Subsystems/GameInstanceSubsystem.h"
#include "ChipassetsMusic.generated.h"

class UAudioComponent;
class USoundWaveProcedural;

namespace chipassets
{
class Music;
}

/** When a change begins: as its rule says, at once, or at the next line of what plays. */
UENUM(BlueprintType)
enum class EMusicWhen : uint8
{
	AsRuled,
	Now,
	Beat,
	Bar,
	Section,
};

/** How a change goes: as its rule says, both at once, one after the other, or from sample to sample. */
UENUM(BlueprintType)
enum class EMusicHow : uint8
{
	AsRuled,
	Crossfade,
	Fade,
	Cut,
};

/**
 * The music of the game, from its start to its end: GetGameInstance()->GetSubsystem<UChipassetsMusic>(),
 * in Blueprints the node "Get ChipassetsMusic".
 */
UCLASS()
class CHIPASSETS_API UChipassetsMusic : public UGameInstanceSubsystem
{
	GENERATED_BODY()

public:
	virtual void Initialize(FSubsystemCollectionBase& Collection) override;
	virtual void Deinitialize() override;

	/** Enter a scene: call it whenever the game's scene changes. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Enter(const FString& Scene);

	/** Likewise, with moods; Fade in seconds, below 0 as the rule says. */
	UFUNCTION(BlueprintCallable, Category = "Music", meta = (AutoCreateRefTerm = "Moods"))
	void EnterWith(const FString& Scene, EMusicWhen When, float Fade, EMusicHow How, const TArray<FString>& Moods);

	/** Leave the scene for the one below, whose music continues. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Leave(EMusicWhen When = EMusicWhen::AsRuled, float Fade = -1.0f);

	/** Likewise, in another way than the rule says. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void LeaveWith(EMusicWhen When, float Fade, EMusicHow How);

	/** Set how many of a track's layers sound, 0 to 1, within some seconds. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Intensity(float Level, float Fade = 0.6f, EMusicWhen When = EMusicWhen::Now);

	/** Play a track, or a scene's track, once over the music, which is ducked. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Sting(const FString& Name, EMusicWhen When = EMusicWhen::Now, int32 Priority = 0);

	/** Lower the music by some decibels until the next call; 0 restores it. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Duck(float ByDb = 12.0f, float Fade = 0.15f);

	/** Pause the music, fades, stings and pending changes until Resume(). */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Pause();

	/** Resume where Pause() stopped. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Resume();

	/** Fade to silence and forget every scene. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void Stop(float Fade = 0.8f);

	/** Read the files of these scenes' tracks, or of all, in a loading screen. */
	UFUNCTION(BlueprintCallable, Category = "Music", meta = (AutoCreateRefTerm = "Scenes"))
	void Preload(const TArray<FString>& Scenes);

	/** Amplitudes from 0 to 1: of everything, of the music and of stings within it. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	void SetVolume(float Everything = 0.8f, float Music = 1.0f, float Stings = 1.0f);

	/** The track that sounds, "" in silence. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	FString Playing() const;

	/** What decides and mixes, with rules, levels of scenes and more: see ChipassetsCore.h. */
	const TSharedPtr<chipassets::Music>& GetCore() const { return Core; }

	/** The state of the music, as JSON for a save game. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	FString State() const;

	/** Restore a value of State() with a crossfade. Returns whether it was a state. */
	UFUNCTION(BlueprintCallable, Category = "Music")
	bool Restore(const FString& Json, float Fade = 0.8f);

private:
	void Begin();
	void Give(USoundWaveProcedural* Asking, int32 Samples);

	UPROPERTY(Transient)
	TObjectPtr<USoundWaveProcedural> Wave;

	UPROPERTY(Transient)
	TObjectPtr<UAudioComponent> Sound;

	TSharedPtr<chipassets::Music> Core;
	TArray<uint8> Buffer;
};
